CREATE TABLE "audit_log" (
	"id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"subject" text NOT NULL,
	"client_id" text,
	"action" text NOT NULL,
	"expense_id" uuid,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
CREATE TABLE "expenses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"date" date NOT NULL,
	"description" text NOT NULL,
	"value" numeric(15, 4) NOT NULL,
	"currency" text NOT NULL,
	"category" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "expenses_value_is_not_zero" CHECK ("expenses"."value" <> 0)
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"owner" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"answer" jsonb,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_owner_key_pk" PRIMARY KEY("owner","key")
);
--> statement-breakpoint
CREATE INDEX "audit_log_of_expense" ON "audit_log" USING btree ("expense_id");--> statement-breakpoint
CREATE INDEX "expenses_of_owner_newest_first" ON "expenses" USING btree ("owner","date" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "expenses_newest_first" ON "expenses" USING btree ("date" DESC NULLS FIRST,"id" DESC NULLS FIRST);