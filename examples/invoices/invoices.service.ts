import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';

export interface Invoice {
  readonly id: string;
  readonly customer: string;
  readonly amount: number;
}

/** Keeps invoices in memory. Every method takes the owner, so that nobody's invoices can be reached by another. */
@Injectable()
export class InvoicesService {
  private readonly invoices = new Map<string, Invoice[]>();

  list(owner: string): Invoice[] {
    return this.invoices.get(owner) ?? [];
  }

  find(owner: string, id: string): Invoice | undefined {
    return this.list(owner).find((invoice) => invoice.id === id);
  }

  create(owner: string, fields: Omit<Invoice, 'id'>): Invoice {
    const invoice = { id: randomUUID(), ...fields };
    this.invoices.set(owner, [...this.list(owner), invoice]);
    return invoice;
  }
}
