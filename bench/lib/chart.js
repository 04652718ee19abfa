import { parse, View } from 'vega';
import { compile } from 'vega-lite';

const PHASES = { warm: 'warm tokens', new: 'tokens never seen before' };

/**
 * Draws the shares of a summary as bars, with a line from the least to the greatest round.
 *
 * @returns the chart as SVG text
 */
export async function chart(summary) {
  const values = Object.entries(PHASES).flatMap(([phase, title]) =>
    summary[phase].map((row) => ({
      phase: title,
      server: row.label,
      share: row.share.median,
      min: row.share.min,
      max: row.share.max,
      kind: kindOf(row),
    })),
  );
  const y = { field: 'server', type: 'nominal', sort: null, title: null, axis: { labelLimit: 0 } };
  const share = {
    field: 'share',
    type: 'quantitative',
    title: 'requests per second, share of bare node:http',
  };
  const { spec } = compile({
    background: 'white',
    data: { values },
    facet: {
      row: {
        field: 'phase',
        type: 'nominal',
        sort: Object.values(PHASES),
        title: null,
        header: { labelOrient: 'top', labelAnchor: 'start', labelFontSize: 12, labelFontWeight: 'bold' },
      },
    },
    spec: {
      width: 520,
      height: { step: 22 },
      layer: [
        {
          mark: 'bar',
          encoding: {
            y,
            x: share,
            color: {
              field: 'kind',
              type: 'nominal',
              sort: null,
              scale: {
                domain: ['no authentication', 'expenses-api', 'peer'],
                range: ['#b8bec8', '#1f7a5c', '#4c78a8'],
              },
              legend: { title: null, orient: 'top' },
            },
          },
        },
        {
          mark: { type: 'rule', size: 2 },
          encoding: { y, x: { ...share, field: 'min' }, x2: { field: 'max' } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 8 },
          encoding: { y, x: { ...share, field: 'max' }, text: { field: 'share', format: '.2f' } },
        },
      ],
    },
  });
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}

function kindOf(row) {
  if (row.ours) return 'expenses-api';
  return row.checksTokens ? 'peer' : 'no authentication';
}
