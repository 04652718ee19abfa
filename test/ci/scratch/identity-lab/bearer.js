/* An API as the identity lab secures it. Its settings are ISSUER_BASE_URL and ALLOWED_AUDIENCES. */
const express = require('express');
const { auth, requiredScopes } = require('express-oauth2-bearer');

const app = express();
app.use(auth());
app.get('/', requiredScopes('read:reports'), (_req, res) => {
  res.json([{ description: 'Pizza', value: 102 }]);
});
app.listen(process.env.PORT, 'localhost');
