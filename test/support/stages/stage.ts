/** What an integration test begins with: real tables, front ends on them, and the post between regions. */
import type { FrontEnd } from '../../../lib/store/front-end.js';
import type { NewBook } from '../../../lib/store/manage-books.js';
import type { DocumentClient } from '../../../lib/dynamodb/table-link.js';
import { clientsOf } from '../../../lib/lambda/clients.js';
import type { Region } from '../../../lib/rules/sites.js';
import { realSystem, type System } from '../../../lib/system.js';
import type { Place } from '../faults/barrier.js';
import { bookIds, create } from '../books/books.js';
import { startEmulators, type Emulators } from '../../../services/emulators.js';
import {
  makeCacheTable,
  makeFreshFrontEnd,
  makeFrontEnd,
  type FrontEndOptions,
} from '../tables/front-ends.js';
import { Post } from '../tables/post.js';

export interface Stage {
  readonly emulators: Emulators;
  readonly post: Post;
  /** An id that was not given out before, of a book whose home is this region. */
  nextId(home: Region): number;
  /** Of the tables of a region, or of the cache. */
  client(place: Place): DocumentClient;
  /** A front end on the stage's cache table, or on one that was made with {@link cacheTable}. */
  front(options?: FrontEndOptions): FrontEnd;
  cacheTable(): Promise<string>;
  /** A front end of its own: its cache knows nothing yet. */
  freshFront(options?: FrontEndOptions): Promise<FrontEnd>;
  /** Creates a book that every region has heard of, and no cache but the stage's own. */
  bookEverywhere(home: Region, given?: Partial<NewBook>): Promise<number>;
  stop(): void;
}

export interface StageOptions {
  readonly regions?: readonly Region[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The clock of everyone on the stage who is given no other. */
  readonly system?: System;
}

export async function startStage({
  regions,
  environment,
  system = realSystem,
}: StageOptions = {}): Promise<Stage> {
  const emulators = await startEmulators(regions, environment);
  const { config } = emulators;
  const nextId = bookIds(config);
  const librarian = makeFrontEnd(config, { system });
  const post = new Post(librarian.replicas, config);
  return {
    emulators,
    post,
    nextId,
    client: (place) =>
      place === 'cache'
        ? clientsOf(config, config.AWS_REGION, config.CACHE_ENDPOINT).write
        : clientsOf(config, place, config.DYNAMODB_ENDPOINTS?.[place]).write,
    front: (options) => makeFrontEnd(config, { system, ...options }),
    cacheTable: () => makeCacheTable(config),
    freshFront: (options) => makeFreshFrontEnd(config, { system, ...options }),
    bookEverywhere: async (home, given) => {
      const id = nextId(home);
      await create(librarian, id, given);
      await post.settle();
      return id;
    },
    stop: () => emulators.stop(),
  };
}
