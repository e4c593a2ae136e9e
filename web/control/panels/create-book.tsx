/** A form for one new book. */
import type { Book } from '../../common/types.js';
import { change } from '../admin-api.js';
import { ActionForm, Field, saidOf, textIn, wholeNumberIn, type Said } from '../parts/form.js';
import { amountText, parseAmount } from '../money.js';
import { control } from '../texts.js';
import { book, chooseBook } from '../watch.js';

const { create: texts, actions } = control;

export function CreateBook() {
  const currency = book.value?.currency ?? 'USD';

  async function create(fields: FormData, key: string): Promise<Said> {
    const id = wholeNumberIn(fields, 'id');
    const stock = wholeNumberIn(fields, 'stock', 0);
    const price = parseAmount(textIn(fields, 'price'), currency);
    if (id === undefined) return { kind: 'failed', words: `${texts.id}: ${texts.badNumber}` };
    if (price === undefined) {
      return { kind: 'failed', words: actions.badPrice(amountText(1250, currency)) };
    }
    if (stock === undefined) return { kind: 'failed', words: `${texts.stock}: ${texts.badNumber}` };
    const authors = textIn(fields, 'authors')
      .split('\n')
      .map((name) => name.trim());
    const outcome = await change<Book>('books', {
      key,
      body: {
        id,
        title: textIn(fields, 'title'),
        authors: authors.filter((name) => name !== ''),
        topic: textIn(fields, 'topic'),
        price,
        stock,
      },
    });
    if (outcome.kind !== 'answer') return saidOf(outcome);
    chooseBook(id);
    return { kind: 'done', words: texts.created(outcome.body.title) };
  }

  return (
    <section class="panel" aria-labelledby="create-title">
      <header class="panel-head">
        <h2 id="create-title">{texts.title}</h2>
      </header>
      <ActionForm label={texts.title} submit={texts.submit} act={create} kind="stacked">
        <Field label={texts.id} name="id" inputMode="numeric" />
        <Field label={texts.bookTitle} name="title" />
        <Field label={texts.authors} name="authors" lines={2} />
        <Field label={texts.topic} name="topic" />
        <Field label={texts.price(currency)} name="price" inputMode="decimal" />
        <Field label={texts.stock} name="stock" inputMode="numeric" value="0" />
      </ActionForm>
    </section>
  );
}
