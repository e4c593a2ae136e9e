/** Takes a store down. */
import { regionsIn, type Deployment } from '../options.js';
import { deleteSecrets } from '../stacks/secrets.js';
import { runServerless } from '../stacks/serverless.js';
import {
  describeStack,
  frontEndStacks,
  replicaStacks,
  untilAll,
  type Stack,
} from '../stacks/stacks.js';
import { checkAccess } from '../target.js';

/** The stage whose catalogue and orders outlive their stacks (`onRemoval` in resources/config.yml). */
export const keptStage = 'prod';

/**
 * Removes every stack of a store, with its data, and its secrets where no data are kept: first the
 * front ends, which would otherwise sell while their replicas vanish, also those that the replicas'
 * regions have and nobody named; then the replicas. Safe to repeat.
 *
 * @param tell is given each step, in a line.
 * @returns whether there was anything to remove.
 * @throws CommandError of one line.
 */
export async function removeStore(
  deployment: Deployment,
  tell: (line: string) => void,
): Promise<boolean> {
  const { stage } = deployment;
  const regions = regionsIn(deployment);
  await checkAccess(regions);
  const remove = async (stack: Stack): Promise<boolean> => {
    if ((await describeStack(stack)) === undefined) return false;
    await runServerless('remove', stack, deployment).catch(async (error: unknown) => {
      // It asks for images in ECR last, which not every emulator has: a stack that is gone is removed.
      if ((await describeStack(stack)) !== undefined) throw error;
    });
    tell(`${stack.region}, ${stack.kind}: removed`);
    return true;
  };
  const removed = [
    ...(await untilAll(frontEndStacks({ stage, fronts: regions }).map(remove))),
    ...(await untilAll(replicaStacks(deployment).map(remove))),
    // The ids of the orders that are kept follow from the secret.
    ...(stage === keptStage
      ? []
      : await untilAll(regions.map((region) => deleteSecrets(stage, region)))),
  ];
  return removed.includes(true);
}
