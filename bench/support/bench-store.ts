/** A store of the bench's own: what `npm start` runs, in a folder that is deleted afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiClient, type ApiClient } from '../../client/api-client.js';
import { storeFile } from '../../local/files/data-files.js';
import { readJson, type Store } from '../../local/files/store-file.js';
import { startStore, type RunningStore } from '../../local/store-process.js';
import type { Context } from '../part.js';
import { measureWarm, type Load, type Measurement } from './load.js';
import { createBooks } from './books.js';
import {
  callOf,
  numbersFrom,
  pageSize,
  type Call,
  type OperationName,
  type Subjects,
} from './operations.js';

export interface BenchStore extends RunningStore {
  readonly api: ApiClient;
  /** Of its front end's functions. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Makes a folder, such as one for a store's data; it goes with the part. */
export async function makeFolder({ defer }: Context): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bazar-bench-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a store; it ends with the part, unless it was stopped before. */
export async function runStore(context: Context, dataDir: string): Promise<BenchStore> {
  context.signal.throwIfAborted();
  const store = await startStore({ dataDir });
  context.defer(() => store.stop());
  const { url, adminToken: token } = store;
  const { environment, front } = readJson(storeFile(dataDir)) as Store;
  return {
    ...store,
    api: createApiClient({ url, token }),
    environment: { ...environment, AWS_REGION: front },
  };
}

/** Starts a store with a page of books, which every region has. */
export async function runStoreWithBooks(context: Context): Promise<BenchStore> {
  const store = await runStore(context, await makeFolder(context));
  await createBooks(store.api, numbersFrom(0, pageSize));
  return store;
}

/** Measures an operation over HTTP, once the store is warm. */
export const measureOverHttp = (
  api: ApiClient,
  operation: OperationName,
  load: Load,
  subjects: Subjects,
): Promise<Measurement> =>
  measureWarm(load, async (index) => {
    const call = callOf(operation, subjects, index);
    const { status } = await api.sendOnce(toApiRequest(call));
    return status === call.status;
  });

export function toApiRequest({ method, resource, path, query, headers, body }: Call) {
  const route = resource.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(path[name] ?? ''),
  );
  const search =
    query === undefined
      ? ''
      : `?${new URLSearchParams(query as Record<string, string>).toString()}`;
  return {
    method: method as 'GET' | 'POST',
    path: route + search,
    ...(headers && { headers: headers as Record<string, string> }),
    ...(body != null && { body: JSON.parse(body) as unknown }),
  };
}
