import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { mostCopies } from '../basket.js';

interface Props {
  readonly label: string;
  readonly isLabelSeen: boolean;
  readonly value: number;
  readonly isDisabled?: boolean;
  readonly onChange: (quantity: number) => void;
}

/** A whole number of copies, typed or stepped. */
export function Quantity(props: Props): JSX.Element {
  const { label, isLabelSeen, value, isDisabled = false, onChange } = props;
  const id = useId();
  const set = (quantity: number) => {
    if (quantity >= 1 && quantity <= mostCopies) onChange(quantity);
  };
  return (
    <div class="quantity">
      <label for={id} class={isLabelSeen ? 'quantity__label' : 'unseen'}>
        {label}
      </label>
      <div class="quantity__field">
        <button
          type="button"
          tabIndex={-1}
          aria-hidden="true"
          disabled={isDisabled || value <= 1}
          onClick={() => set(value - 1)}
        >
          −
        </button>
        <input
          id={id}
          type="number"
          inputMode="numeric"
          min={1}
          max={mostCopies}
          step={1}
          value={value}
          disabled={isDisabled}
          onChange={(event) => {
            const typed = Math.round(event.currentTarget.valueAsNumber);
            const quantity = Number.isNaN(typed) ? value : Math.min(mostCopies, Math.max(1, typed));
            event.currentTarget.value = String(quantity);
            set(quantity);
          }}
        />
        <button
          type="button"
          tabIndex={-1}
          aria-hidden="true"
          disabled={isDisabled || value >= mostCopies}
          onClick={() => set(value + 1)}
        >
          +
        </button>
      </div>
    </div>
  );
}
