/** A CSV brought in from the browser, a hundred rows a call. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { formatNumber } from '../../common/format.js';
import { change, describeFailure } from '../admin-api.js';
import type { Row } from '../csv.js';
import { Saying, type Said } from '../parts/form.js';
import { control } from '../texts.js';
import { lookNow } from '../watch.js';

const { import: texts } = control;
const mostBooksOfCall = 100;
const mostTries = 8;
/** More refused rows are counted, and not shown. */
const mostShown = 200;

interface Tally {
  readonly total: number;
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: readonly { readonly line: number; readonly problem: string }[];
}

type BookRow = Extract<Row, { book: unknown }>;

export function ImportBooks() {
  const id = useId();
  const [tally, setTally] = useState<Tally | undefined>(undefined);
  const [said, setSaid] = useState<Said | undefined>(undefined);
  const end = useRef<AbortController | undefined>(undefined);
  const [isRunning, setRunning] = useState(false);
  useEffect(() => () => end.current?.abort(), []);

  async function importFile(file: File): Promise<void> {
    setSaid(undefined);
    setTally(undefined);
    setRunning(true);
    const ending = new AbortController();
    end.current = ending;
    try {
      const { readCatalogue } = await import('../csv.js');
      await importRows(readCatalogue(await file.text()), setTally, ending.signal);
    } catch (error) {
      const words = ending.signal.aborted ? texts.stopped : (error as Error).message;
      setSaid({ kind: 'failed', words });
    }
    setRunning(false);
    void lookNow();
  }

  return (
    <section class="panel" aria-labelledby="import-title">
      <header class="panel-head">
        <h2 id="import-title">{texts.title}</h2>
      </header>
      <p class="small quiet">{texts.hint}</p>
      <form
        class="action is-stacked"
        method="post"
        aria-label={texts.title}
        onSubmit={(event) => {
          event.preventDefault();
          const file = new FormData(event.currentTarget).get('file');
          if (file instanceof File && file.size > 0) void importFile(file);
          else setSaid({ kind: 'failed', words: texts.empty });
        }}
      >
        <p class="labelled">
          <label for={id} class="small">
            {texts.file}
          </label>
          <input
            id={id}
            type="file"
            name="file"
            accept=".csv,text/csv"
            class="field field--small"
            disabled={isRunning}
          />
        </p>
        {isRunning ? (
          <button type="button" class="button button--small" onClick={() => end.current?.abort()}>
            {texts.stop}
          </button>
        ) : (
          <button type="submit" class="button button--small">
            {texts.start}
          </button>
        )}
      </form>
      <Saying said={said} />
      {tally !== undefined && <Result tally={tally} />}
    </section>
  );
}

function Result({ tally }: { readonly tally: Tally }) {
  const { total, created, changed, unchanged, refused } = tally;
  const done = created + changed + unchanged + refused.length;
  const words = texts.progress(formatNumber(done), formatNumber(total));
  return (
    <div class="import-result">
      <progress value={done} max={total} aria-label={words} />
      <p role="status" class="small">
        {words}:{' '}
        {texts.tally(
          formatNumber(created),
          formatNumber(changed),
          formatNumber(unchanged),
          formatNumber(refused.length),
        )}
      </p>
      {refused.length > 0 && (
        <div class="table-frame is-low" tabIndex={0} role="group" aria-label={texts.refused}>
          <table class="table">
            <caption>{texts.refused}</caption>
            <thead>
              <tr>
                <th scope="col" class="number">
                  {texts.line}
                </th>
                <th scope="col">{texts.reason}</th>
              </tr>
            </thead>
            <tbody>
              {refused.slice(0, mostShown).map(({ line, problem }) => (
                <tr key={line}>
                  <th scope="row" class="number">
                    {line}
                  </th>
                  <td>{problem}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

async function importRows(
  rows: readonly Row[],
  show: (tally: Tally) => void,
  signal: AbortSignal,
): Promise<void> {
  const refused = rows.filter((row) => 'problem' in row);
  const books = rows.filter((row): row is BookRow => 'book' in row);
  let tally: Tally = { total: rows.length, created: 0, changed: 0, unchanged: 0, refused };
  show(tally);
  for (let from = 0; from < books.length; from += mostBooksOfCall) {
    signal.throwIfAborted();
    const results = await importBatch(books.slice(from, from + mostBooksOfCall), signal);
    for (const [row, result] of results) {
      if (result === 'created' || result === 'changed' || result === 'unchanged') {
        tally = { ...tally, [result]: tally[result] + 1 };
      } else {
        tally = { ...tally, refused: [...tally.refused, { line: row.line, problem: result }] };
      }
    }
    show(tally);
  }
}

/** What became of each row: an outcome, or why the store does not have it. */
async function importBatch(
  batch: readonly BookRow[],
  signal: AbortSignal,
): Promise<Map<BookRow, string>> {
  const results = new Map<BookRow, string>();
  let pending = batch;
  for (let tries = 1; pending.length > 0 && tries <= mostTries; tries += 1) {
    const books = pending.map(({ book }) => book);
    const outcome = await change<{ results: { outcome: string }[] }>('books/import', {
      body: { books },
      signal,
    });
    if (outcome.kind === 'answer') {
      for (const [place, row] of pending.entries()) {
        const result = outcome.body.results[place]?.outcome ?? 'unknown';
        if (result !== 'busy' && result !== 'unknown') results.set(row, result);
      }
    } else if (outcome.kind === 'problem' && outcome.problem.status === 400) {
      const faults = faultsOf(outcome.problem['errors']);
      for (const [place, detail] of faults) {
        const row = pending[place];
        if (row !== undefined) results.set(row, detail);
      }
      if (faults.size === 0) throw new Error(texts.failed(describeFailure(outcome)));
    } else throw new Error(texts.failed(describeFailure(outcome)));
    pending = pending.filter((row) => !results.has(row));
  }
  for (const row of pending) results.set(row, texts.notAnswered);
  return results;
}

/** By the place of a book in the call, what is wrong with it. */
function faultsOf(errors: unknown): Map<number, string> {
  const faults = new Map<number, string>();
  for (const { pointer, detail } of (errors ?? []) as { pointer: string; detail: string }[]) {
    const [, place, field = ''] = /^#\/books\/(\d+)(?:\/(.*))?$/.exec(pointer) ?? [];
    if (place === undefined) continue;
    const known = faults.get(Number(place));
    const fault = `${field} ${detail}`.trim();
    faults.set(Number(place), known === undefined ? fault : `${known}; ${fault}`);
  }
  return faults;
}
