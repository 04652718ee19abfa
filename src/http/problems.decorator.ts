import { ApiExtension } from '@nestjs/swagger';
import type { ProblemCode } from '../problems/problem.codes.js';

/** Where an operation keeps its codes until `documentProblems` has made answers of them. */
export const PROBLEMS = 'x-problems';

/**
 * Names the problems that a handler answers with, for the OpenAPI description. Those that follow from the rest of the
 * route, as those of access, of its parameters and of its body, need not be named.
 *
 * @example `@Problems('expense_not_found', 'precondition_failed')`
 */
export const Problems = (...codes: readonly ProblemCode[]) => ApiExtension(PROBLEMS, [...codes]);
