import { z } from 'zod';

declare const brand: unique symbol;

/** Whose an expense is: the `sub` of an access token. A plain string is not one, so none gets into a query unnoticed. */
export type Owner = string & { readonly [brand]: 'Owner' };

/** Stands for all owners, where a query is meant to reach everybody's expenses. */
export const EVERYBODY: unique symbol = Symbol('everybody');

/** Whose expenses a query reaches. Every query takes one, and it has no default. */
export type Owners = Owner | typeof EVERYBODY;

const OWNER = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/** Whether a subject may be an owner: 1 to 255 characters without control characters, for PostgreSQL keeps no NUL. */
export function isOwner(subject: string): subject is Owner {
  return OWNER.test(subject);
}

/** An owner that a client names. */
export const owner = z
  .string('must be the subject of a user or client')
  .regex(OWNER, 'must have 1 to 255 characters, none of them control characters')
  .transform((subject) => subject as Owner);

/** Who writes: the owner of what is written, and the application that the owner uses. */
export interface Author {
  readonly owner: Owner;
  readonly clientId?: string;
}
