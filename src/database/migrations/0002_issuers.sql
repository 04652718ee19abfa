CREATE TABLE "issuers" (
	"name" text PRIMARY KEY NOT NULL,
	"account_prefix" text NOT NULL
);
