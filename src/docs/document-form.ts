import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from './document.types.js';

/** What of a schema is looked at. */
interface Form {
  readonly format?: string;
  pattern?: string;
}

/** What schemas and decorators cannot say for themselves, or say in a way that readers of the description misread. */
export function documentForm(document: OpenAPIObject): void {
  dropSpelledOutFormats(document.components?.schemas);
  const ids = new Set<string>();
  for (const { path, operation } of operationsOf(document)) {
    operation.operationId = idOf(operation.operationId ?? '', path, ids);
    for (const parameter of operation.parameters ?? []) {
      // Swagger UI takes an example for what to send, and an optional parameter would become a filter by it.
      if ('in' in parameter && !parameter.required && parameter.schema && 'example' in parameter.schema) {
        delete parameter.schema.example;
      }
    }
    dropSpelledOutFormats(operation.parameters);
    for (const response of Object.values(operation.responses)) {
      if (!response || '$ref' in response) continue;
      for (const [type, media] of Object.entries(response.content ?? {})) {
        // Whatever rows a file is made of, the file is text.
        if (!type.endsWith('json')) media.schema = { type: 'string' };
      }
    }
  }
}

/** A handler that has several paths is one operation for us, and several for clients; an id may be there only once. */
function idOf(id: string, path: string, ids: Set<string>): string {
  const words = path.split(/\W+/).filter((word) => word !== '');
  const place = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('') || 'Root';
  const unique = ids.has(id) ? `${id}At${place}` : id;
  ids.add(unique);
  return unique;
}

/** zod writes a pattern of its own beside each format, of which `date-time` has 300 characters. */
function dropSpelledOutFormats(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  const form = value as Form;
  if (typeof form.format === 'string' && typeof form.pattern === 'string') delete form.pattern;
  for (const part of Object.values(value)) dropSpelledOutFormats(part);
}
