import { Eta } from 'eta';
import type { Context } from 'koa';
import { fileURLToPath } from 'node:url';

const eta = new Eta({ views: fileURLToPath(new URL('../../views', import.meta.url)), cache: true });

/** Answers with a page made from `views/<view>.eta`; everything in `data` is escaped there. */
export function renderPage(
  ctx: Context,
  view: string,
  data: { title: string } & Record<string, unknown>,
): void {
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  ctx.body = eta.render(view, data);
}
