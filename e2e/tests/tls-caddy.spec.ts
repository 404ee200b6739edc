// The suite at https addresses, behind Caddy with the file from docs/deploy.
import { httpsJourneys } from '../https';
import { test } from '../support';

test.use({ behindTls: { proxy: 'caddy' } });

httpsJourneys();
