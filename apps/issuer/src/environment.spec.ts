import { readEnvironment } from './environment.js';

describe('The environment', () => {
  it('has a default for everything, also for what is set to nothing', () => {
    const defaults = readEnvironment({});
    expect(defaults).toMatchObject({ PORT: 3002, HOST: 'localhost' });
    expect(defaults.DATA_FOLDER).toMatch(/data$/);
    expect(readEnvironment({ PORT: '', HOST: '' })).toEqual(defaults);
  });

  it('is refused when it is that of production', () => {
    expect(() => readEnvironment({ NODE_ENV: 'production' })).toThrow(
      'NODE_ENV must not be production: the issuer is for development and tests only',
    );
  });

  it('is refused with all its faults', () => {
    expect(() => readEnvironment({ NODE_ENV: 'production', PORT: '70000' })).toThrow(
      /NODE_ENV must not be production.*\n.*PORT must be/,
    );
  });
});
