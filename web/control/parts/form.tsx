/** A form that asks the store for something, and says what came of it. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { Outcome } from '../../common/api.js';
import { describeFailure } from '../admin-api.js';
import { control } from '../texts.js';

export interface Said {
  /** `open`: it may have been done. */
  readonly kind: 'done' | 'failed' | 'open';
  readonly words: string;
}

/** What is told of a call that brought no answer, or a refusal. */
export function saidOf(outcome: Outcome<unknown>): Said {
  const isOpen =
    outcome.kind === 'silence' || (outcome.kind === 'problem' && outcome.problem.status === 503);
  return { kind: isOpen ? 'open' : 'failed', words: describeFailure(outcome) };
}

interface ActionFormProps {
  readonly label: string;
  /** What the form's button says. */
  readonly submit: string;
  readonly children?: ComponentChildren;
  /**
   * @param key of what was filled in: the same until it is known what came of it, so that it is done once.
   * @returns what is told of it.
   */
  readonly act: (fields: FormData, key: string) => Promise<Said>;
  readonly isDisabled?: boolean;
  readonly kind?: 'inline' | 'stacked';
}

export function ActionForm(props: ActionFormProps) {
  const { label, submit, children, act, isDisabled = false, kind = 'inline' } = props;
  const [isWorking, setWorking] = useState(false);
  const [said, setSaid] = useState<Said | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  /** What was asked last, and is not known to be done or not. */
  const open = useRef<{ readonly asked: string; readonly key: string } | undefined>(undefined);

  async function onSubmit(event: JSX.TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (busy.current) return;
    busy.current = true;
    setWorking(true);
    setSaid(undefined);
    const fields = new FormData(event.currentTarget);
    const asked = JSON.stringify([...fields]);
    const key = open.current?.asked === asked ? open.current.key : crypto.randomUUID();
    const outcome = await act(fields, key);
    open.current = outcome.kind === 'open' ? { asked, key } : undefined;
    busy.current = false;
    setWorking(false);
    setSaid(outcome);
    if (outcome.kind === 'done') form.current?.reset();
  }

  return (
    <form
      ref={form}
      class={`action is-${kind}`}
      aria-label={label}
      method="post"
      noValidate
      onSubmit={(event) => void onSubmit(event)}
    >
      {children}
      <button type="submit" class="button button--small" disabled={isWorking || isDisabled}>
        {isWorking ? control.actions.working : submit}
      </button>
      <Saying said={said} />
    </form>
  );
}

/** What came of something: read out, and marked by more than its colour. */
export function Saying({ said }: { readonly said: Said | undefined }) {
  return (
    <p role="status" class={said === undefined ? 'saying' : `saying is-${said.kind}`}>
      {said?.words}
    </p>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly inputMode?: 'numeric' | 'decimal' | 'text';
  readonly size?: number;
  readonly lines?: number;
}

export function Field({ label, name, value = '', inputMode = 'text', size, lines }: FieldProps) {
  const id = useId();
  const shared = { id, name, class: 'field field--small', autocomplete: 'off' as const };
  return (
    <p class="labelled">
      <label for={id} class="small">
        {label}
      </label>
      {lines === undefined ? (
        <input {...shared} defaultValue={value} inputMode={inputMode} size={size} />
      ) : (
        <textarea {...shared} rows={lines} defaultValue={value} />
      )}
    </p>
  );
}

/** A whole number from a form's field; undefined where it is none, or too small. */
export function wholeNumberIn(fields: FormData, name: string, least = 1): number | undefined {
  const text = textIn(fields, name);
  const number = Number(text);
  return /^\d{1,15}$/.test(text) && number >= least ? number : undefined;
}

export function textIn(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value.trim() : '';
}
