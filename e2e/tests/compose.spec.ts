// The suite of compose.yaml: what `make dist` makes, unpacked and read-only, as another user, with two replicas of games.
import { httpsJourneys } from '../https';
import { test } from '../support';

test.use({ behindTls: { compose: true } });

httpsJourneys();
