import createClient from 'openapi-fetch';
import type { components, paths } from './types';

type Schemas = components['schemas'];
export type BatchExport = Schemas['BatchExport'];
export type BatchExportRequest = Schemas['BatchExportRequest'];
export type Run = Schemas['Run'];
export type RunError = Schemas['RunError'];
export type Backfill = Schemas['Backfill'];
export type ExportSummary = Schemas['ExportSummary'];
export type Overview = Schemas['Overview'];
export type LogLine = Schemas['LogLine'];
export type FileOfRun = Schemas['File'];
export type Timeline = Schemas['Timeline'];
export type StageAttempt = Schemas['StageAttempt'];
export type TestStep = Schemas['TestStep'];
export type Metric = Schemas['Metric'];
export type SystemStatus = Schemas['System'];
export type Session = Schemas['Session'];
export type DestinationType = Schemas['DestinationType'];
export type BackfillPlan = Schemas['BackfillPlan'];
export type Token = Schemas['Token'];
export type IssuedToken = Schemas['IssuedToken'];
export type Webhook = Schemas['Webhook'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type WebhookAttempt = Schemas['WebhookAttempt'];
export type Preview = Schemas['Preview'];
export type Problem = Schemas['Problem'];
export type Interval = Schemas['Interval'];
export type IntervalState = Interval['state'];

/** The server's own words on why it refused; a server that cannot be reached has none. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: { pointer: string; message: string }[] = [],
  ) {
    super(detail);
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

/** The header proves that the request comes from this page: no other origin can send it. */
export const client = createClient<paths>({ headers: { 'X-Batch-Exports': 'ui' }, fetch: send });

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) {
      throw cause;
    }
    throw new ApiError(0, 'unreachable', 'The server does not answer.');
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer, or an ApiError. */
export async function answerOf<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (response.ok) {
    return data as T;
  }
  throw errorOf(response, error);
}

function errorOf(response: Response, body: unknown): ApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  return new ApiError(
    response.status,
    problem.code ?? 'unexpected',
    problem.detail ?? `The server answered with status ${response.status}.`,
    problem.errors ?? [],
  );
}

/** For what the description does not type closely: JSON in and out. */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(
    new Request(path, {
      method,
      signal,
      headers: {
        'X-Batch-Exports': 'ui',
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    }),
  );
  const text = await response.text();
  let parsed: unknown = null;
  try {
    parsed = text === '' ? null : JSON.parse(text);
  } catch {
    // A proxy's page: the status has to do.
  }
  if (!response.ok) {
    throw errorOf(response, parsed);
  }
  return parsed as T;
}
