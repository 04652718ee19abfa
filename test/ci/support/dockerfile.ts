import { readFileSync } from 'node:fs';

/** One instruction of a Dockerfile. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** One stage of a Dockerfile (`FROM image AS name`) with its instructions. */
export interface Stage {
  readonly image: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile, as far as ours goes: an instruction is on one line. */
export function readDockerfile(file: string): Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (name === '') throw new Error(`This is no instruction on one line: ${line}`);
    const [, image, stage] = name === 'FROM' ? (/^(\S+) AS (\S+)$/.exec(text) ?? []) : [];
    if (image && stage) stages.push({ image, name: stage, instructions: [] });
    else stages.at(-1)!.instructions.push({ name, text });
  }
  return stages;
}
