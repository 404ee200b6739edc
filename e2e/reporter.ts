// Says at the end why each test failed, in a few lines, because CI keeps only the end of a run's output.
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter';

/** Lines of an error's text that are shown. */
const LINES = 24;
/** Lines of the servers' log that are shown: the last ones before the end of the test. */
const LOG_LINES = 15;

/** The attachment with what the servers logged during a test. */
export const SUITE_LOG = 'suite.log';

export default class Failures implements Reporter {
  private readonly failed: string[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === test.expectedStatus || result.status === 'skipped') return;
    const seconds = (result.duration / 1000).toFixed(1);
    const start = result.startTime.toISOString().slice(11, 19);
    const errors = result.errors.map((error) => describe(error)).join('\n');
    const steps = result.steps.filter((step) => step.error !== undefined).map((step) => `  in: ${step.title}`);
    const parts = [`${test.titlePath().slice(2).join(' › ')}`, `  ${result.status} after ${seconds} s, begun at ${start} UTC`];
    const log = result.attachments.find((attachment) => attachment.name === SUITE_LOG)?.body?.toString() ?? '';
    const logged = log.trimEnd().split('\n').slice(-LOG_LINES).map((line) => `  | ${line}`);
    this.failed.push([...parts, ...steps, errors, ...logged].join('\n'));
  }

  /** Errors outside a test, such as one in a file that cannot be read. */
  onError(error: TestError): void {
    this.failed.push(describe(error));
  }

  onEnd(): void {
    if (this.failed.length > 0) console.log(`\nWhat failed, and where:\n\n${this.failed.join('\n\n')}\n`);
  }

  printsToStdio(): boolean {
    return false;
  }
}

function describe(error: TestError): string {
  const text = stripVTControlCharacters(error.message ?? error.value ?? 'no message');
  const lines = text.split('\n').filter((line) => line.trim() !== '').slice(0, LINES);
  const place = error.location;
  const where = place === undefined ? [] : [`at ${relative(import.meta.dirname, place.file)}:${place.line}:${place.column}`];
  return [...lines, ...where].map((line) => `  ${line}`).join('\n');
}
