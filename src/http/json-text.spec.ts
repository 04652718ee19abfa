import { assert, jsonValue, property } from 'fast-check';
import { faultsOfJson } from './json-text.js';

describe('JSON would not be kept as it was sent', () => {
  it.each([
    ['{"a":1,"a":2}', ['#/a is there twice']],
    ['{"a":1,"\\u0061":2}', ['#/a is there twice']],
    ['{"a" : 1, "b":{}, "a":null}', ['#/a is there twice']],
    ['{"":1,"":1}', ['#/ is there twice']],
    ['{"a":{"b":1,"b":1}}', ['#/a has a member twice']],
    ['[{"b":1,"b":1}]', ['# has a member twice']],
    ['{"a":1.00000000000000001}', ['#/a has more digits than can be kept']],
    ['{"a":9007199254740993}', ['#/a has more digits than can be kept']],
    ['{"a":0.1000000000000000055511151231257827}', ['#/a has more digits than can be kept']],
    ['{"a":[1,2,1e400]}', ['#/a has more digits than can be kept']],
    ['{"a":-1e-400}', ['#/a has more digits than can be kept']],
    ['3.14159265358979323846', ['# has more digits than can be kept']],
  ])('%s', (text, faults) => {
    expect(faultsOfJson(text).map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual(faults);
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
    '{"a":"a\\":1,\\"a","b":"\\\\"}',
    '{"a":"1.00000000000000001"}',
    '[0,-0,0.0,0e99,1.10,100e-2,1E+2,1e21,123456789012345680000,5e-324,0.1,99999999999.99]',
    `{"a":1${'0'.repeat(20)}.${'0'.repeat(5000)}}`,
  ])('never because of %s', (text) => {
    expect(faultsOfJson(text)).toEqual([]);
  });

  it('never when JavaScript wrote it', () => {
    assert(
      property(jsonValue(), (value) => {
        expect(faultsOfJson(JSON.stringify(value))).toEqual([]);
      }),
    );
  });

  it('is found in time that grows as the text does, however the digits are', () => {
    const start = performance.now();
    faultsOfJson(`[1${'0'.repeat(200_000)}1,0.${'0'.repeat(200_000)}1]`);
    // In time that grows with the square of it: minutes.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
