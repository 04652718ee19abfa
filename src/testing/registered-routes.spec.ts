import { FastifyAdapter } from '@nestjs/platform-fastify';
import { registeredRoutes } from './registered-routes.js';

const handler = () => 'ok';

describe('registeredRoutes', () => {
  it('lists every route of a server with its exact pattern, however it was registered', async () => {
    const adapter = new FastifyAdapter();
    const server = adapter.getInstance();
    const expected = [
      '/',
      '/plants',
      '/plants/:id',
      '/plants/:id/leaves/:number',
      '/plants/about',
      '/plans',
      '/files/*',
      '/.well-known/sample',
      '/range/:from-:to',
      '/sized/:size(^(?:s|m|l)$)',
      '/we ird/()',
    ];
    for (const path of expected)
      server.route({ method: ['GET', 'POST'], url: path, exposeHeadRoute: false, handler });
    await server.register((plugin, _options, done) => done(plugin.get('/inner', handler) && undefined), {
      prefix: '/outer',
    });
    await server.ready();

    const lines = (await registeredRoutes(adapter)).map(
      ({ method, patterns }) => `${method} ${patterns.join(' or ')}`,
    );
    expect(lines.toSorted()).toEqual(
      [
        ...expected.flatMap((path) => [`GET ${path}`, `POST ${path}`]),
        'GET /outer/inner',
        'HEAD /outer/inner',
      ].toSorted(),
    );
    await server.close();
  });

  it('tells routes apart from what is registered at the same path under another constraint', async () => {
    const adapter = new FastifyAdapter();
    const server = adapter.getInstance();
    for (const host of [undefined, 'a.example', 'b.example']) {
      const constraints = host === undefined ? {} : { host };
      server.route({ method: 'GET', url: '/plants', exposeHeadRoute: false, constraints, handler });
    }
    server.route({ method: 'POST', url: '/plants', constraints: { host: 'a.example' }, handler });
    server.route({ method: 'GET', url: '/plants/:id', exposeHeadRoute: false, handler });
    server.route({ method: 'GET', url: '/stones', exposeHeadRoute: false, handler });
    await server.ready();
    expect(await registeredRoutes(adapter)).toEqual([
      { method: 'GET', patterns: ['/plants'] },
      { method: 'GET', patterns: ['/plants/:id'] },
      { method: 'GET', patterns: ['/stones'] },
      { method: 'POST', patterns: ['/plants'] },
    ]);
    await server.close();
  });

  it('gives every pattern that a line of Fastify may mean', async () => {
    const adapter = new FastifyAdapter();
    const server = adapter.getInstance();
    server.route({ method: 'GET', url: '/plants/:id', exposeHeadRoute: false, handler });
    server.route({ method: 'GET', url: '/plants/:from:to/leaves', exposeHeadRoute: false, handler });
    server.delete('/plants/:id:now', handler);
    await server.ready();
    expect(await registeredRoutes(adapter)).toEqual([
      { method: 'GET', patterns: ['/plants/:id', '/plants/:from:to'] },
      { method: 'GET', patterns: ['/plants/:id/leaves', '/plants/:from:to/leaves'] },
      { method: 'DELETE', patterns: ['/plants/:id:now'] },
    ]);
    await server.close();
  });
});
