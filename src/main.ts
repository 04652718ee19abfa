import { Logger } from '@nestjs/common';
import { createApp } from './app.js';
import { explainStartFailure } from './start-failure.js';

try {
  const { app, environment } = await createApp();
  await app.listen(environment.PORT, environment.HOST);
  new Logger('Main').log(`The expenses API listens on ${await app.getUrl()}`);
} catch (error) {
  process.stderr.write(`${explainStartFailure(error)}\n`);
  process.exit(1);
}
