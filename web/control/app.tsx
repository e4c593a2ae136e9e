/** The control room: nothing of it is shown before somebody gives the admin token. */
import { useId, useState } from 'preact/hooks';
import { addressOf } from '../common/address.js';
import { BookPanel } from './panels/book.js';
import { CreateBook } from './panels/create-book.js';
import { ImportBooks } from './panels/import-books.js';
import { LabPanel } from './panels/lab.js';
import { RegionMap } from './panels/map.js';
import { OrdersPanel } from './panels/orders.js';
import { forgetToken, isRefused, keepToken, token } from './session.js';
import { control } from './texts.js';
import { heard, status } from './watch.js';

export function App() {
  return token.value === '' ? <Entry /> : <Room />;
}

function Entry() {
  const id = useId();
  const { entry } = control;
  const [isEmpty, setEmpty] = useState(false);
  const fault = isEmpty ? entry.empty : isRefused.value ? entry.wrong : undefined;
  return (
    <main class="entry">
      <form
        class="panel"
        method="post"
        onSubmit={(event) => {
          event.preventDefault();
          // Without a name, the field is in no form's data, and so in no address.
          const field = event.currentTarget.elements.namedItem(id) as HTMLInputElement;
          setEmpty(field.value.trim() === '');
          if (field.value.trim() !== '') keepToken(field.value.trim());
        }}
      >
        <h1>{entry.title}</h1>
        <p class="quiet">{entry.lead}</p>
        <p class="labelled">
          <label for={id}>{entry.token}</label>
          <input
            id={id}
            class="field"
            type="password"
            autocomplete="off"
            aria-invalid={fault !== undefined}
            aria-describedby={`${id}-hint ${id}-fault`}
          />
        </p>
        <p id={`${id}-fault`} role="alert" class="saying is-failed">
          {fault}
        </p>
        <p id={`${id}-hint`} class="small quiet">
          {entry.hint}
        </p>
        <button type="submit" class="button button--main">
          {entry.open}
        </button>
      </form>
    </main>
  );
}

function Room() {
  return (
    <>
      <header class="bar">
        <a class="brand" href={addressOf('')} data-document="">
          {control.store}
        </a>
        <h1>{control.title}</h1>
        <StoreState />
        <button type="button" class="button button--small" onClick={() => forgetToken()}>
          {control.leave}
        </button>
      </header>
      <main class="room">
        <RegionMap />
        <div class="room-pair">
          <LabPanel />
          <BookPanel />
        </div>
        <OrdersPanel />
        <div class="room-pair">
          <CreateBook />
          <ImportBooks />
        </div>
      </main>
    </>
  );
}

const times = new Intl.DateTimeFormat(navigator.languages, { timeStyle: 'medium' });

function StoreState() {
  const { state } = control;
  const { at, isSilent } = heard.value;
  const stated = status.value?.status;
  const words = isSilent ? state.silent : stated === undefined ? state.asking : state[stated];
  const isGood = !isSilent && stated === 'ok';
  return (
    <p class="bar-state">
      <span class="state" role="status">
        <span
          class={`lamp ${isGood ? 'is-good' : stated === undefined ? '' : 'is-bad'}`}
          aria-hidden="true"
        />
        {words}
      </span>
      {at !== undefined && <span class="small quiet">{state.asOf(times.format(at))}</span>}
    </p>
  );
}
