import { z } from 'zod';

declare const brand: unique symbol;

/**
 * Whose an expense is: issuer and subject of an access token, as one text. For the first issuer that the database saw it is
 * the subject alone; for others their name stands before it, up to a unit separator. A plain string is not one, so none gets into
 * a query unnoticed.
 */
export type Owner = string & { readonly [brand]: 'Owner' };

/** Stands for all owners, where a query is meant to reach everybody's expenses. */
export const EVERYBODY: unique symbol = Symbol('everybody');

/** Whose expenses a query reaches. Every query takes one, and it has no default. */
export type Owners = Owner | typeof EVERYBODY;

const OWNER = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/** Whether a subject may be an owner: 1 to 255 characters without control characters, for PostgreSQL keeps no NUL. */
export function isOwner(subject: string): boolean {
  return OWNER.test(subject);
}

/** Stands before the subject while it is not known yet what an issuer's accounts own. */
export const UNKNOWN_ACCOUNT = '\u0000';

/** Whether a text is an owner as the answers show one: a subject, behind a unit separator that of a named issuer. */
function isNamedOwner(text: string): boolean {
  const [subject = '', issuer, ...others] = text.split('\u001f').toReversed();
  return (
    isOwner(subject) && others.length === 0 && (issuer === undefined || /^[^\p{Cc}\p{Cs}]+$/u.test(issuer))
  );
}

/** The owner of an account, whose subject `isOwner`. */
export function ownerWith(account: string): Owner {
  return account as Owner;
}

/** How an owner is shown, for the description of the API. */
export const SHOWN_OWNER =
  '`sub` of the access token; behind the name of the issuer and a U+001F, where that is not the first issuer that the ' +
  'database saw';

/** What to say of a text that names none. */
export const OWNER_FAULT = 'must have 1 to 255 characters, none of them control characters';

/** An owner that a client names. */
export const owner = z
  .string('must be the subject of a user or client')
  .refine(isNamedOwner, OWNER_FAULT)
  .transform((subject) => subject as Owner);

/** Who writes: the owner of what is written, and the application that the owner uses. */
export interface Author {
  readonly owner: Owner;
  readonly clientId?: string;
}
