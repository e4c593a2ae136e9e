/** Prints the admin token of a deployed store, and nothing else: `TOKEN=$(npx tsx deploy/admin-token.ts)`. */
import { runCommand } from '../tools/terminal/command.js';
import { onTarget } from './command.js';
import { adminToken } from './store/deployment.js';
import { chosenDeployment, deploymentCommand, type DeploymentOptions } from './options.js';
import { checkAccess } from './target.js';

const command = deploymentCommand('admin-token', 'Prints the admin token of a deployed store.')
  .usage('[options]')
  .action(
    onTarget(async (options: DeploymentOptions) => {
      const { stage, fronts } = chosenDeployment(options);
      const [region] = fronts as [string];
      await checkAccess([region]);
      console.log(await adminToken(stage, region));
    }),
  );

await runCommand(command);
