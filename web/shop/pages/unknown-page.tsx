import type { JSX } from 'preact';
import { hrefOf } from '../../common/router.js';
import { Empty, Heading, Page } from '../parts/page.js';
import { shop } from '../texts.js';

export const UnknownPage = (): JSX.Element => (
  <Page kind="narrow" name={shop.unknownPage.title}>
    <Heading class="unseen">{shop.unknownPage.title}</Heading>
    <Empty title={shop.unknownPage.title} hint={shop.unknownPage.hint}>
      <a class="button" href={hrefOf('')}>
        {shop.unknownPage.way}
      </a>
    </Empty>
  </Page>
);
