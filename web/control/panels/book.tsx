/** One book: where its copies are, and what can be done about it. */
import { useState } from 'preact/hooks';
import { call } from '../../common/api.js';
import { formatList, formatNumber, formatPrice } from '../../common/format.js';
import type { Book, BookPage } from '../../common/types.js';
import { adminCall, change, describeFailure } from '../admin-api.js';
import {
  ActionForm,
  Field,
  saidOf,
  Saying,
  textIn,
  wholeNumberIn,
  type Said,
} from '../parts/form.js';
import { amountText, parseAmount } from '../money.js';
import { StockBar } from '../parts/stock-bar.js';
import { Term } from '../parts/term.js';
import { control } from '../texts.js';
import { book, bookId, chooseBook, copies, showBook } from '../watch.js';

const { book: texts, actions } = control;

export function BookPanel() {
  const shown = book.value;
  return (
    <section class="panel book" aria-labelledby="book-title">
      <header class="panel-head">
        <h2 id="book-title">{texts.title}</h2>
        <BookSearch />
      </header>
      {shown === undefined && <p class="quiet">{texts.loading}</p>}
      {shown === null && <p>{texts.none(String(bookId.value))}</p>}
      {shown && (
        <>
          <BookHead shown={shown} />
          <StockBar copies={copies.value} />
          <CopiesTable />
          <BookActions key={shown.id} shown={shown} />
        </>
      )}
    </section>
  );
}

function BookSearch() {
  const [found, setFound] = useState<readonly Book[] | undefined>(undefined);
  const [failure, setFailure] = useState('');

  async function find(text: string): Promise<void> {
    setFailure('');
    setFound(undefined);
    if (text === '') return;
    if (/^\d{1,15}$/.test(text)) return chooseBook(Number(text));
    const answer = await call<BookPage>(`search?q=${encodeURIComponent(text)}&limit=8`);
    if (answer.kind === 'answer') setFound(answer.body.books);
    else setFailure(describeFailure(answer));
  }

  return (
    <form
      class="book-search"
      role="search"
      method="post"
      aria-label={texts.find}
      onSubmit={(event) => {
        event.preventDefault();
        void find(textIn(new FormData(event.currentTarget), 'words'));
      }}
    >
      <input
        class="field field--small"
        name="words"
        type="search"
        autocomplete="off"
        aria-label={texts.find}
        placeholder={texts.find}
      />
      <button type="submit" class="button button--small">
        {texts.search}
      </button>
      <p role="status" class="small">
        {failure}
        {found?.length === 0 && texts.nothing}
      </p>
      {found !== undefined && found.length > 0 && (
        <ul class="found" aria-label={texts.found}>
          {found.map(({ id, title, authors }) => (
            <li key={id}>
              <button
                type="button"
                class="found-book"
                onClick={() => {
                  setFound(undefined);
                  chooseBook(id);
                }}
              >
                <bdi>{title}</bdi> <span class="quiet small">{formatList(authors)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}

function BookHead({ shown }: { readonly shown: Book }) {
  const { id, title, authors, price, currency, isListed } = shown;
  return (
    <div class="book-head">
      <h3>
        <bdi>{title}</bdi>
      </h3>
      <p class="small quiet">
        <bdi>{formatList(authors)}</bdi>
      </p>
      <p class="book-facts">
        <span class="figure">#{id}</span>
        <b class="figure">{formatPrice(price, currency)}</b>
        <span class={isListed ? 'tag' : 'tag is-warning'}>
          {isListed ? texts.listed : texts.unlisted}
        </span>
      </p>
    </div>
  );
}

function CopiesTable() {
  const { regions, isAgreed } = copies.value;
  if (regions.length === 0) return null;
  return (
    <>
      <div class="table-frame" tabIndex={0} role="group" aria-label={texts.title}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{texts.region}</th>
              <th scope="col" class="number">
                <Term name="maySell">{texts.maySell}</Term>
              </th>
              <th scope="col" class="number">
                <Term name="sold">{texts.sold}</Term>
              </th>
              <th scope="col" class="number">
                <Term name="writtenOff">{texts.writtenOff}</Term>
              </th>
              <th scope="col" class="number">
                <Term name="stocked">{texts.stocked}</Term>
              </th>
              <th scope="col" class="number">
                <Term name="believes">{texts.believes}</Term>
              </th>
            </tr>
          </thead>
          <tbody>
            {regions.map((region, hue) => (
              <tr key={region.region}>
                <th scope="row">
                  <span class={`swatch segment may-sell hue-${hue}`} aria-hidden="true" />{' '}
                  {region.region}
                </th>
                {region.isKnown ? (
                  [
                    region.maySell,
                    region.sold,
                    region.writtenOff,
                    region.stocked,
                    region.believes,
                  ].map((count, place) => (
                    <td key={place} class="number">
                      {formatNumber(count)}
                    </td>
                  ))
                ) : (
                  <td colSpan={5} class="quiet">
                    {texts.away}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class={isAgreed ? 'agreement is-good small' : 'agreement small'}>
        {isAgreed ? texts.agreed : texts.notAgreed}
        {copies.value.onTheirWay !== undefined && copies.value.onTheirWay > 0 && (
          <>
            {' '}
            {formatNumber(copies.value.onTheirWay)}{' '}
            <Term name="onTheirWay">{texts.onTheirWay}</Term>
          </>
        )}
      </p>
    </>
  );
}

function BookActions({ shown }: { readonly shown: Book }) {
  const { id, currency, price } = shown;
  const path = `books/${id}`;

  async function told(
    asked: ReturnType<typeof change<Book>>,
    words: (changed: Book) => string,
  ): Promise<Said> {
    const outcome = await asked;
    if (outcome.kind !== 'answer') return saidOf(outcome);
    showBook(outcome.body);
    return { kind: 'done', words: words(outcome.body) };
  }

  const failed = (words: string): Promise<Said> => Promise.resolve({ kind: 'failed', words });

  function restock(fields: FormData, key: string): Promise<Said> {
    const quantity = wholeNumberIn(fields, 'quantity');
    if (quantity === undefined) return failed(actions.badQuantity);
    return told(change(`${path}/restock`, { body: { quantity }, key }), () =>
      actions.restocked(formatNumber(quantity)),
    );
  }

  function writeOff(fields: FormData, key: string): Promise<Said> {
    const quantity = wholeNumberIn(fields, 'quantity');
    const reason = textIn(fields, 'reason');
    if (quantity === undefined) return failed(actions.badQuantity);
    const body = { quantity, ...(reason !== '' && { reason }) };
    return told(change(`${path}/write-off`, { body, key }), () =>
      actions.wroteOff(formatNumber(quantity)),
    );
  }

  function setPrice(fields: FormData): Promise<Said> {
    const amount = parseAmount(textIn(fields, 'price'), currency);
    if (amount === undefined) return failed(actions.badPrice(amountText(1250, currency)));
    return told(adminCall<Book>(path, { method: 'PATCH', body: { price: amount } }), (changed) =>
      actions.priced(formatPrice(changed.price, currency)),
    );
  }

  return (
    <div class="actions" role="group" aria-label={actions.title}>
      <ActionForm label={actions.restock} submit={actions.restock} act={restock}>
        <Field label={actions.quantity} name="quantity" inputMode="numeric" size={6} />
      </ActionForm>
      <ActionForm label={actions.writeOff} submit={actions.writeOff} act={writeOff}>
        <Field label={actions.quantity} name="quantity" inputMode="numeric" size={6} />
        <Field label={actions.reason} name="reason" size={14} />
      </ActionForm>
      <ActionForm label={actions.setPrice} submit={actions.setPrice} act={setPrice}>
        <Field
          key={price}
          label={`${actions.price} (${currency})`}
          name="price"
          value={amountText(price, currency)}
          inputMode="decimal"
          size={8}
        />
      </ActionForm>
      <Listing shown={shown} told={told} />
    </div>
  );
}

function Listing({
  shown,
  told,
}: {
  readonly shown: Book;
  readonly told: (
    asked: ReturnType<typeof change<Book>>,
    words: (changed: Book) => string,
  ) => Promise<Said>;
}) {
  const { id, isListed } = shown;
  const [isWorking, setWorking] = useState(false);
  const [said, setSaid] = useState<Said | undefined>(undefined);

  async function turn(): Promise<void> {
    setWorking(true);
    const asked = adminCall<Book>(`books/${id}`, {
      method: 'PATCH',
      body: { isListed: !isListed },
    });
    setSaid(await told(asked, (changed) => (changed.isListed ? actions.listed : actions.unlisted)));
    setWorking(false);
  }

  return (
    <div class="action is-inline">
      <button
        type="button"
        class="button button--small"
        disabled={isWorking}
        onClick={() => void turn()}
      >
        {isListed ? actions.unlist : actions.list}
      </button>
      <Saying said={said} />
    </div>
  );
}
