ALTER TABLE "expenses" ADD COLUMN "external_id" text;--> statement-breakpoint
CREATE INDEX "expenses_of_owner_by_value" ON "expenses" USING btree ("owner","value","id");--> statement-breakpoint
CREATE INDEX "expenses_by_value" ON "expenses" USING btree ("value","id");--> statement-breakpoint
CREATE UNIQUE INDEX "expenses_external_id" ON "expenses" USING btree ("owner","external_id") WHERE "expenses"."external_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_of_owner_by_age" ON "idempotency_keys" USING btree ("owner","created_at");