/** The two switches of a region, where there is a lab. */
import { signal } from '@preact/signals';
import { askLab } from '../admin-api.js';
import { Term } from './term.js';
import { control, type TermName } from '../texts.js';
import type { Database, LabRegion, Network } from '../types.js';
import { lab, showLab, status } from '../watch.js';

const { lab: texts } = control;

/** What the lab said to the last thing that was asked of it. */
export const labFailure = signal('');

/** Asks the lab for something, and shows what it answers. */
export async function tellLab(...[method, path, body]: LabRequest): Promise<void> {
  const address = status.value?.lab;
  if (address === undefined) return;
  try {
    const state = await askLab(address, method, path, body);
    labFailure.value = state === undefined ? texts.unreachable : '';
    showLab(state);
  } catch (error) {
    labFailure.value = (error as Error).message;
    // What was pressed is shown as it is, and not as it was meant.
    if (lab.value !== undefined) lab.value = { ...lab.value };
  }
}

type LabRequest = Parameters<typeof askLab> extends [string, ...infer Rest] ? Rest : never;

export function RegionSwitches({ region }: { readonly region: string }) {
  const state = lab.value?.regions.find((one) => one.region === region);
  if (state === undefined) return null;
  const set = (wanted: Partial<LabRegion>) => void tellLab('PUT', `/regions/${region}`, wanted);
  return (
    <div class="switches">
      {lab.value?.hasDatabaseSwitches === true && (
        <Switch<Database>
          region={region}
          term="database"
          label={texts.database}
          value={state.database}
          choices={texts.databases}
          choose={(database) => set({ database })}
        />
      )}
      <Switch<Network>
        region={region}
        term="network"
        label={texts.network}
        value={state.network}
        choices={texts.networks}
        choose={(network) => set({ network })}
      />
    </div>
  );
}

interface SwitchProps<Value extends string> {
  readonly region: string;
  readonly term: TermName;
  readonly label: string;
  readonly value: Value;
  readonly choices: Readonly<Record<Value, string>>;
  readonly choose: (value: Value) => void;
}

function Switch<Value extends string>(props: SwitchProps<Value>) {
  const { region, term, label, value, choices, choose } = props;
  const name = `${term}-${region}`;
  return (
    <fieldset class="switch">
      <legend class="small">
        <Term name={term}>{label}</Term>
        <span class="unseen"> {region}</span>
      </legend>
      <div class="switch-choices">
        {(Object.entries(choices) as [Value, string][]).map(([choice, words]) => (
          <label key={choice} class={choice === value ? 'is-chosen' : ''}>
            <input
              type="radio"
              class="unseen"
              name={name}
              value={choice}
              checked={choice === value}
              onChange={() => choose(choice)}
            />
            {words}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
