// Prints how long an import takes in milliseconds, once Nest is there: `node measure.js nest-resource-server`.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';

const startedAt = performance.now();
for (const name of process.argv.slice(2)) await import(name);
console.log(Math.round(performance.now() - startedAt));
