INSERT INTO idpsync_migration VALUES (1, '0001_ledger.sql', '2025-11-22 15:37:26.820543+00');
INSERT INTO idpsync_pool VALUES ('9e29c02854a77ece093c25e7', 3, '{"host":"machine","pid":30814,"run":"20251122T153727Z-12da41","since":"2025-11-22T15:37:27.036899252Z"}', 30824, '2025-11-22 15:37:27.041124+00');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'identityprovider/provider-0', '{"key":"identityprovider/provider-0","id":"d3702ce287a10cdfe335c350","type":"oidc","applied":{"name":"Provider 0","type":"oidc"},"run":"20251122T153726Z-b5bb62","at":"2025-11-22T15:37:26.875702824Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'identityprovider/provider-1', '{"key":"identityprovider/provider-1","id":"a65eff0a2d35888eca67f429","type":"oidc","applied":{"name":"Provider 1","type":"oidc"},"run":"20251122T153726Z-b5bb62","at":"2025-11-22T15:37:26.875702824Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'enablement/app-0/login-0', '{"key":"enablement/app-0/login-0","id":"5aba2a47b8899a0b9531374f/be759875f46f8c31697d09f3","applied":{},"run":"20251122T153726Z-b5bb62","at":"2025-11-22T15:37:26.875702824Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'enablement/app-0/login-1', '{"key":"enablement/app-0/login-1","id":"5aba2a47b8899a0b9531374f/f1e8f46a0a3b6261126f3fac","applied":{},"run":"20251122T153726Z-b5bb62","at":"2025-11-22T15:37:26.875702824Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'application/app-1', '{"key":"application/app-1","id":"4e8c8f7771a7e06f9de54330","applied":{"appIdentifier":"app-1","appName":"second","redirectUris":["https://app-1.example.com/cb"]},"run":"20251122T153726Z-597e3f","at":"2025-11-22T15:37:26.966995905Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'application/app-2', '{"key":"application/app-2","id":"d542cd5f45ebb70aae3778f7","applied":{"appIdentifier":"app-2","appName":"second","redirectUris":["https://app-2.example.com/cb"]},"run":"20251122T153726Z-597e3f","at":"2025-11-22T15:37:26.966995905Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'connection/login-0', '{"key":"connection/login-0","id":"be759875f46f8c31697d09f3","type":"oidc","applied":{"displayName":"third","fields":{"clientID":"client-0","clientSecret":{"$secret":"2501ec6f:2a16139cf5b606267745b88687d75bc6"},"issuerUrl":"https://id-0.example.com"},"identifier":"login-0","provider":"provider-0","type":"oidc"},"refs":{"fields.clientSecret":"env:LOGIN_SECRET"},"run":"20251122T153727Z-12da41","at":"2025-11-22T15:37:27.046985281Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'connection/login-1', '{"key":"connection/login-1","id":"f1e8f46a0a3b6261126f3fac","type":"oidc","applied":{"displayName":"third","fields":{"clientID":"client-1","clientSecret":{"$secret":"2501ec6f:2a16139cf5b606267745b88687d75bc6"},"issuerUrl":"https://id-1.example.com"},"identifier":"login-1","provider":"provider-1","type":"oidc"},"refs":{"fields.clientSecret":"env:LOGIN_SECRET"},"run":"20251122T153727Z-12da41","at":"2025-11-22T15:37:27.046985281Z"}');
INSERT INTO idpsync_object VALUES ('9e29c02854a77ece093c25e7', 'application/app-0', '{"key":"application/app-0","id":"5aba2a47b8899a0b9531374f","applied":{"appIdentifier":"app-0","appName":"third","redirectUris":["https://app-0.example.com/cb"]},"run":"20251122T153727Z-12da41","at":"2025-11-22T15:37:27.046985281Z"}');
INSERT INTO idpsync_run OVERRIDING SYSTEM VALUE VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 1, 1, '{"id":"20251122T153726Z-b5bb62","time":"2025-11-22T15:37:26.874527481Z","epoch":1,"tool":"idpsync b130b26","target":"pool-00000","host":"http://127.0.0.1:46813/pool-00000","configDigest":"sha256:d3d87835cff6c7850a06d65863fff3108b8904664be140b1482db84ebf70538f","stateDigest":"sha256:4a72fa87d1f3ca90d1b87d986ee9221c748071c462aab9746034e87e3807246c","holder":{"host":"machine","pid":30780,"run":"20251122T153726Z-b5bb62","since":"2025-11-22T15:37:26.874527541Z"}}
', '{"time":"2025-11-22T15:37:26.906434674Z","done":9,"failed":0,"skipped":0,"unknown":0,"notKept":0,"exit":0}
', NULL, true);
INSERT INTO idpsync_run OVERRIDING SYSTEM VALUE VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-597e3f', 2, 2, '{"id":"20251122T153726Z-597e3f","time":"2025-11-22T15:37:26.961802242Z","epoch":2,"tool":"idpsync b130b26","target":"pool-00000","host":"http://127.0.0.1:46813/pool-00000","configDigest":"sha256:0124686a16814f7bdf8dc780c39313c73939141ac82ae338d32742745d9120a0","stateDigest":"sha256:beea5c2b0d9cce1c6aedef486cd996830d493ac57a03ae819e9c250f01cc9278","holder":{"host":"machine","pid":30798,"run":"20251122T153726Z-597e3f","since":"2025-11-22T15:37:26.961802282Z"}}
', '{"time":"2025-11-22T15:37:26.991783258Z","done":5,"failed":0,"skipped":0,"unknown":0,"notKept":0,"exit":0}
', NULL, true);
INSERT INTO idpsync_run OVERRIDING SYSTEM VALUE VALUES ('9e29c02854a77ece093c25e7', '20251122T153727Z-12da41', 3, 3, '{"id":"20251122T153727Z-12da41","time":"2025-11-22T15:37:27.045940271Z","epoch":3,"tool":"idpsync b130b26","target":"pool-00000","host":"http://127.0.0.1:46813/pool-00000","configDigest":"sha256:23477c1212f7d43cf2f26334bde1dd50b69997c3dc44419069102f28b8e3c1bd","stateDigest":"sha256:38cde2610e530d8b2175e9090acb56f914f5788f4f95ad5cf27a7a4c385f4885","holder":{"host":"machine","pid":30814,"run":"20251122T153727Z-12da41","since":"2025-11-22T15:37:27.045940341Z"}}
', NULL, NULL, false);
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 3, '{"n":3,"key":"identityprovider/provider-0","time":"2025-11-22T15:37:26.875832867Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.883115698Z","fate":"done","objectId":"d3702ce287a10cdfe335c350"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 6, '{"n":6,"key":"connection/login-0","time":"2025-11-22T15:37:26.883247063Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.885058109Z","fate":"done","objectId":"be759875f46f8c31697d09f3"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 5, '{"n":5,"key":"application/app-1","time":"2025-11-22T15:37:26.876009809Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.887877551Z","fate":"done","objectId":"4e8c8f7771a7e06f9de54330"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 4, '{"n":4,"key":"application/app-0","time":"2025-11-22T15:37:26.875952965Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.889915103Z","fate":"done","objectId":"5aba2a47b8899a0b9531374f"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 2, '{"n":2,"key":"identityprovider/provider-1","time":"2025-11-22T15:37:26.875818606Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.892792831Z","fate":"done","objectId":"a65eff0a2d35888eca67f429"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 1, '{"n":1,"key":"application/app-2","time":"2025-11-22T15:37:26.875790825Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.877171913Z","fate":"done","objectId":"d542cd5f45ebb70aae3778f7"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 7, '{"n":7,"key":"connection/login-1","time":"2025-11-22T15:37:26.892835384Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.895275563Z","fate":"done","objectId":"f1e8f46a0a3b6261126f3fac"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 8, '{"n":8,"key":"enablement/app-0/login-0","time":"2025-11-22T15:37:26.897017837Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.901937344Z","fate":"done","objectId":"5aba2a47b8899a0b9531374f/be759875f46f8c31697d09f3"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-b5bb62', 9, '{"n":9,"key":"enablement/app-0/login-1","time":"2025-11-22T15:37:26.902034808Z","action":"create","part":"create"}
', '{"time":"2025-11-22T15:37:26.904564961Z","fate":"done","objectId":"5aba2a47b8899a0b9531374f/f1e8f46a0a3b6261126f3fac"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-597e3f', 4, '{"n":4,"key":"application/app-1","time":"2025-11-22T15:37:26.967281709Z","action":"update","part":"settings","objectId":"4e8c8f7771a7e06f9de54330"}
', '{"time":"2025-11-22T15:37:26.970301938Z","fate":"done","objectId":"4e8c8f7771a7e06f9de54330"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-597e3f', 5, '{"n":5,"key":"connection/login-0","time":"2025-11-22T15:37:26.967350761Z","action":"update","objectId":"be759875f46f8c31697d09f3"}
', '{"time":"2025-11-22T15:37:26.979009483Z","fate":"done","objectId":"be759875f46f8c31697d09f3"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-597e3f', 1, '{"n":1,"key":"connection/login-1","time":"2025-11-22T15:37:26.967176463Z","action":"update","objectId":"f1e8f46a0a3b6261126f3fac"}
', '{"time":"2025-11-22T15:37:26.980370421Z","fate":"done","objectId":"f1e8f46a0a3b6261126f3fac"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-597e3f', 2, '{"n":2,"key":"application/app-2","time":"2025-11-22T15:37:26.96721531Z","action":"update","part":"settings","objectId":"d542cd5f45ebb70aae3778f7"}
', '{"time":"2025-11-22T15:37:26.983368989Z","fate":"done","objectId":"d542cd5f45ebb70aae3778f7"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153726Z-597e3f', 3, '{"n":3,"key":"application/app-0","time":"2025-11-22T15:37:26.967245926Z","action":"update","part":"settings","objectId":"5aba2a47b8899a0b9531374f"}
', '{"time":"2025-11-22T15:37:26.98726021Z","fate":"done","objectId":"5aba2a47b8899a0b9531374f"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153727Z-12da41', 1, '{"n":1,"key":"connection/login-0","time":"2025-11-22T15:37:27.047066792Z","action":"update","objectId":"be759875f46f8c31697d09f3"}
', '{"time":"2025-11-22T15:37:27.04818526Z","fate":"done","objectId":"be759875f46f8c31697d09f3"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153727Z-12da41', 2, '{"n":2,"key":"connection/login-1","time":"2025-11-22T15:37:27.048277998Z","action":"update","objectId":"f1e8f46a0a3b6261126f3fac"}
', '{"time":"2025-11-22T15:37:27.053738667Z","fate":"done","objectId":"f1e8f46a0a3b6261126f3fac"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153727Z-12da41', 3, '{"n":3,"key":"application/app-0","time":"2025-11-22T15:37:27.053844704Z","action":"update","part":"settings","objectId":"5aba2a47b8899a0b9531374f"}
', '{"time":"2025-11-22T15:37:27.055330418Z","fate":"done","objectId":"5aba2a47b8899a0b9531374f"}
');
INSERT INTO idpsync_step VALUES ('9e29c02854a77ece093c25e7', '20251122T153727Z-12da41', 4, '{"n":4,"key":"application/app-1","time":"2025-11-22T15:37:27.055383637Z","action":"update","part":"settings","objectId":"4e8c8f7771a7e06f9de54330"}
', NULL);
SELECT pg_catalog.setval('idpsync_override_seq_seq', 1, false);
SELECT pg_catalog.setval('idpsync_run_seq_seq', 3, true);
