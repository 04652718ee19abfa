// Adds the suites' results up, prints `N passed, N failed` as the last line, and fails when anything did or was skipped.
import { existsSync, readFileSync } from 'node:fs';

const [failedSteps, folder, ...suites] = process.argv.slice(2);
let passed = 0;
let failed = Number(failedSteps);
for (const suite of suites) {
  const file = `${folder}/${suite}.json`;
  if (!existsSync(file)) {
    console.log(`${suite}: no result`);
    failed += 1;
    continue;
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  const skipped = result.numPendingTests + result.numTodoTests;
  const broken = result.numRuntimeErrorTestSuites;
  console.log(
    `${suite}: ${result.numPassedTests} passed, ${result.numFailedTests} failed, ${skipped} skipped`,
  );
  passed += result.numPassedTests;
  failed += result.numFailedTests + skipped + broken;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
