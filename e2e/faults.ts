// Makes the embedded provider misbehave, in a suite that runs with `--faults`.
import { type Page, type Suite, expect } from './support';

/** A fault as `POST /test/faults` takes it; without `times` the fault stays on until cleared. */
export interface Fault {
  fault: string;
  times?: number;
  endpoint?: 'discovery' | 'jwks' | 'token' | 'userinfo';
  ms?: number;
  answer?: { status: number; content_type: string; body: string };
  document?: 'discovery' | 'token_answer' | 'id_token' | 'userinfo' | 'logout_token';
  members?: Record<string, unknown>;
}

// Node may not resolve `*.localhost`, so the request goes to 127.0.0.1 with a `Host` header.
const testAddress = (suite: Suite, path: string) => {
  const url = new URL(suite.provider);
  return { url: `http://127.0.0.1:${url.port}/test/${path}`, headers: { host: url.host } };
};

export async function addFaults(page: Page, suite: Suite, ...faults: Fault[]): Promise<void> {
  const { url, headers } = testAddress(suite, 'faults');
  const response = await page.request.post(url, { headers, data: { faults } });
  expect(response.ok(), await response.text()).toBe(true);
}

export async function clearFaults(page: Page, suite: Suite): Promise<void> {
  const { url, headers } = testAddress(suite, 'faults');
  expect((await page.request.delete(url, { headers })).ok()).toBe(true);
}

/** The number of requests to each endpoint. */
export async function counters(page: Page, suite: Suite): Promise<Record<string, number>> {
  const { url, headers } = testAddress(suite, 'counters');
  return (await (await page.request.get(url, { headers })).json()) as Record<string, number>;
}
