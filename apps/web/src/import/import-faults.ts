import type { ApiRefusal } from '../api/api.errors.js';

/** What is wrong with a line of a file, or with the file as a whole. */
export interface ImportFault {
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly detail: string;
}

/** The faults that the API finds in a file, by line; undefined when its refusal is about something else. */
export function importFaults({ status, problem }: ApiRefusal): ImportFault[] | undefined {
  if (![400, 413, 415, 422].includes(status)) return undefined;
  return (problem.errors ?? []).map(({ pointer, detail }) => {
    const [, line, column] = /^#?\/lines\/(\d+)(?:\/(.+))?$/.exec(pointer) ?? [];
    return { line: line === undefined ? undefined : Number(line), column, detail };
  });
}
