import { readFileSync } from 'node:fs';

/** Variables as they are meant, and what is wrong with where they came from. */
export interface Variables {
  readonly values: Readonly<Record<string, string>>;
  /** One sentence each, beginning with the variable's name. */
  readonly faults: readonly string[];
}

/**
 * Reads variables as operators' systems hand them over:
 * - an empty one counts as absent, as in `.env` files;
 * - `docker --env-file` and unit files of old leave quotes around values, which are taken off;
 * - Kubernetes sets `NAME_PORT=tcp://10.0.0.1:80` for a service called `name`, which is no setting of ours;
 * - `NAME_FILE` names a file that holds the value of NAME, as secrets are mounted. A line break at its end is not part of it.
 *
 * @param names of the settings that there are
 */
export function readVariables(
  variables: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Variables {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (typeof value !== 'string' || isServiceLink(name, value)) continue;
    const meant = withoutQuotes(value);
    if (meant !== '') values[name] = meant;
  }
  for (const name of names) {
    const path = values[`${name}_FILE`];
    // A setting that is a path itself, like DATABASE_PASSWORD_FILE, is read by those who need it.
    if (path === undefined || names.includes(`${name}_FILE`)) continue;
    if (values[name] !== undefined)
      faults.push(`${name} and ${name}_FILE are both set; only one of them may be`);
    else read(name, path);
  }
  return { values, faults };

  function read(name: string, path: string): void {
    try {
      const value = readSecret(path);
      if (value !== '') values[name] = value;
    } catch (error) {
      faults.push(
        `${name}_FILE names a file that cannot be read (${String((error as { code?: string }).code)})`,
      );
    }
  }
}

/** What a file holds, without the line break at its end. @throws the error of the file system */
export function readSecret(path: string): string {
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
}

function isServiceLink(name: string, value: string): boolean {
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}

function withoutQuotes(value: string): string {
  return /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
}
