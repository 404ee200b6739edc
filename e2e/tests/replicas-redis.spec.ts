// Two replicas of main and identity behind nginx, which asks them in turn.
import { httpsJourneys } from '../https';
import { test } from '../support';

test.use({ behindTls: { replicasOn: 'redis' } });

httpsJourneys();
