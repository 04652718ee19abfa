CREATE TABLE "revocations" (
	"id" text PRIMARY KEY NOT NULL,
	"not_before" timestamp(3) with time zone NOT NULL,
	"recorded_at" timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "revocations_by_recording" ON "revocations" USING btree ("recorded_at");--> statement-breakpoint
CREATE INDEX "revocations_by_age" ON "revocations" USING btree ("not_before");