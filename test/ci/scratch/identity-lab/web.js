/*
 * A web application as the identity labs of 2020 had them: express-openid-connect 1, hybrid flow, the answer posted as a
 * form, no PKCE, and a refresh token that stays the same. Its settings are the .env that the lab prints.
 */
const express = require('express');
const session = require('express-session');
const { auth, requiresAuth } = require('express-openid-connect');

const { API_AUDIENCE, API_URL, APP_SESSION_SECRET, PORT } = process.env;

const app = express();
app.use(session({ secret: APP_SESSION_SECRET, resave: false, saveUninitialized: true }));
app.use(
  auth({
    baseURL: `http://localhost:${PORT}`,
    required: false,
    auth0Logout: true,
    appSession: false,
    authorizationParams: {
      response_type: 'code id_token',
      response_mode: 'form_post',
      audience: API_AUDIENCE,
      scope: 'openid profile email read:reports offline_access',
    },
    handleCallback(req, _res, next) {
      req.session.tokens = req.openidTokens;
      req.session.user = req.openidTokens.claims();
      next();
    },
    getUser: (req) => req.session.user,
  }),
);

app.get('/', (req, res) => {
  res.send(`<h1>${req.openid.user?.name ?? 'nobody'}</h1>`);
});

app.get('/expenses', requiresAuth(), async (req, res, next) => {
  try {
    let tokens = req.openid.makeTokenSet(req.session.tokens);
    if (req.query.renew) {
      const { refresh_token } = tokens;
      tokens = Object.assign(await req.openid.client.refresh(tokens), { refresh_token });
      req.session.tokens = tokens;
    }
    const answer = await fetch(API_URL, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    res.status(answer.status).json(await answer.json());
  } catch (error) {
    next(error);
  }
});

app.use((error, _req, res, _next) => {
  res.status(500).send(`<h1>${error.name}: ${error.message}</h1>`);
});

app.listen(PORT, 'localhost');
