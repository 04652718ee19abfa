// jwks-rsa loads jose by require(). While Jest is still loading it for a suite that imports it as well, it refuses that as a
// cycle; loaded here, before the suite, it is there for both.
import 'jose';
