/**
 * The paths that a route template stands for, as in `/expenses/:id`: a parameter is one segment that is not empty, `*`
 * is whatever is left.
 *
 * @param template whose segments are text, a parameter or `*` as a whole
 */
export function patternOf(template: string): RegExp {
  const segments = template.split('/').map((segment) => {
    if (segment === '*') return '.*';
    return segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${segments.join('/')}$`);
}
