/** What the page looks at: asked for again and again while somebody sees it. */
import { batch, effect, signal } from '@preact/signals';
import type { Book } from '../common/types.js';
import { adminCall, askLab } from './admin-api.js';
import { copiesOf, type Copies } from './figures.js';
import { token } from './session.js';
import { passagesBetween, type Look, type Passage } from './traffic.js';
import type { StoreStatus, LabRegion, LabRun, LabState, ReplicaRow } from './types.js';

const lookEveryMs = 2_000;
/** While something moves. */
const lookCloselyEveryMs = 400;

/** Undefined until the first answer. */
export const status = signal<StoreStatus | undefined>(undefined);
/** When the last answer came; whether the store was silent since. */
export const heard = signal<{ readonly at: Date | undefined; readonly isSilent: boolean }>({
  at: undefined,
  isSilent: false,
});

export const bookId = signal(bookIdInAddress());
/** The chosen book; null where there is none of this number. */
export const book = signal<Book | null | undefined>(undefined);
export const copies = signal<Copies>(copiesOf([]));

export const lab = signal<LabState | undefined>(undefined);

/** What passed, look by look; numbered, so that each is shown once. */
export const passages = signal<{ readonly look: number; readonly seen: readonly Passage[] }>({
  look: 0,
  seen: [],
});

/** When each queue was last seen empty: all that waits there now has come since. */
export const emptyAt = new Map<string, number>();

export const queueKey = ({ region, name }: { readonly region: string; readonly name: string }) =>
  `${region}/${name}`;

/** Chooses a book; the address says which, so that it can be reloaded. */
export function chooseBook(id: number): void {
  if (id === bookId.value) return void lookNow();
  const address = new URL(location.href);
  address.searchParams.set('book', String(id));
  history.replaceState(history.state, '', address);
  batch(() => {
    bookId.value = id;
    book.value = undefined;
    copies.value = copiesOf([]);
  });
  void lookNow();
}

function bookIdInAddress(): number {
  return Number(new URLSearchParams(location.search).get('book')) || 1;
}

/** A call that changed something was answered with the book as it is now. */
export function showBook(changed: Book): void {
  if (changed.id === bookId.value) book.value = changed;
  void lookNow();
}

/** What the lab answered to a switch or a start. */
export function showLab(state: LabState | undefined): void {
  if (state === undefined) return;
  lab.value = state;
  if (state.run !== undefined && isMoving(state.run)) chooseBook(state.run.bookId);
}

export const isMoving = ({ phase }: LabRun): boolean => phase === 'selling' || phase === 'meeting';

const isTouched = ({ database, network }: LabRegion): boolean =>
  database !== 'up' || network !== 'open';

export const needsHealing = (state: LabState | undefined): boolean =>
  state?.regions.some(isTouched) ?? false;

let looking: Promise<void> | undefined;
let previous: Look | undefined;

/** Looks at once, or as soon as the look that is under way has ended. */
export async function lookNow(): Promise<void> {
  await looking;
  looking ??= look().finally(() => {
    looking = undefined;
  });
  await looking;
}

async function look(): Promise<void> {
  const id = bookId.value;
  const [stated, replicas, shown, labState] = await Promise.all([
    adminCall<StoreStatus>('status'),
    adminCall<{ replicas: ReplicaRow[] }>(`books/${id}/replicas`),
    adminCall<Book>(`info/${id}`),
    status.value?.lab === undefined ? undefined : askLab(status.value.lab).catch(() => undefined),
  ]);
  if (token.value === '') return;
  batch(() => {
    if (stated.kind === 'answer') {
      status.value = stated.body;
      heard.value = { at: new Date(), isSilent: false };
      noteQueues(stated.body);
    } else {
      heard.value = { ...heard.value, isSilent: true };
    }
    if (labState !== undefined) lab.value = labState;
    if (id !== bookId.value) return;
    if (shown.kind === 'answer') book.value = shown.body;
    else if (shown.kind === 'problem' && shown.problem.kind === 'unknown-book') book.value = null;
    if (replicas.kind === 'answer') copies.value = copiesOf(replicas.body.replicas);
    if (status.value !== undefined) {
      const now = { bookId: id, copies: copies.value, status: status.value };
      const seen = previous === undefined ? [] : passagesBetween(previous, now);
      previous = now;
      passages.value = { look: passages.value.look + 1, seen };
    }
  });
}

/** Leaves nothing on the page for whoever comes without a token. */
function forget(): void {
  batch(() => {
    status.value = undefined;
    heard.value = { at: undefined, isSilent: false };
    book.value = undefined;
    copies.value = copiesOf([]);
    lab.value = undefined;
  });
  previous = undefined;
}

function noteQueues({ queues }: StoreStatus): void {
  for (const queue of queues) {
    const { depth } = queue;
    if (depth === null || depth.waiting + depth.inHand > 0) continue;
    emptyAt.set(queueKey(queue), Date.now());
  }
}

/** Begins with the token, ends with it, and pauses where nobody sees the page. */
export function startWatching(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function turn(): Promise<void> {
    clearTimeout(timer);
    if (token.value === '' || document.hidden) return;
    await lookNow();
    clearTimeout(timer);
    const isClose = lab.value?.run !== undefined && isMoving(lab.value.run);
    timer = setTimeout(() => void turn(), isClose ? lookCloselyEveryMs : lookEveryMs);
  }
  document.addEventListener('visibilitychange', () => void turn());
  effect(() => {
    if (token.value !== '') void turn();
    else forget();
  });
}
