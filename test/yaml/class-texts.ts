// Texts of `objects` as classes in the field have them: what the differential run changes.

/** Each is taken by the Go provider. */
export const classTexts: readonly string[] = [
  `- objectName: "MySecret"
  objectType: "secretsmanager"
`,
  `- objectName: arn:aws:secretsmanager:us-east-1:111122223333:secret:MySecret-a1b2c3
  objectAlias: db.json
  jmesPath:
    - path: username
      objectAlias: dbusername
    - path: password
      objectAlias: dbpassword
      filePermission: "0400"
`,
  `- objectName: /app/config/url   # the address
  objectType: ssmparameter
  objectAlias: url
  objectVersion: 3
- objectName: "app/token"
  objectType: "secretsmanager"
  objectVersionLabel: AWSCURRENT
`,
  `- objectName: "arn:aws:secretsmanager:us-west-2:111122223333:secret:db-AbCdEf"
  objectAlias: "db"
  failoverObject:
    objectName: "arn:aws:secretsmanager:us-east-2:111122223333:secret:db-AbCdEf"
    objectVersionLabel: 'AWSPREVIOUS'
- objectName: other
  objectType: secretsmanager
`,
  `[{"objectName": "a", "objectType": "secretsmanager"}, {"objectName": "b", "objectType": "ssmparameter", "objectAlias": "b.txt"}]
`,
  `- {objectName: a, objectType: secretsmanager}
- {objectName: b, objectType: ssmparameter, jmesPath: [{path: x, objectAlias: y}]}
`,
  `# secrets of the shop
- &common
  objectName: shop/db
  objectType: secretsmanager
- <<: *common
  objectName: shop/cache
  objectAlias: cache

# parameters
- objectName: /shop/url
  objectType: ssmparameter
`,
  `---
- objectName: 'it''s'
  objectType: secretsmanager
  objectAlias: >-
    a long
    name
  filePermission: 0644
`,
  `  - objectName: app
    objectType: secretsmanager
    objectAlias: |-
      app.json
    jmesPath:
    - path: '"a.b"'
      objectAlias: ab
    - path: "items[?name=='x'].value | [0]"
      objectAlias: x
`,
  `[
  {
    "objectName": "app/db",
    "objectType": "secretsmanager",
    "jmesPath": [
      { "path": "user", "objectAlias": "user" },
      { "path": "pass\\"word", "objectAlias": "pass" }
    ]
  }
]
`,
  `- objectName: app-{{ .Values.env }}
  objectType: secretsmanager
- objectName: \${PREFIX}/db
  objectType: secretsmanager
  objectAlias: "db\\tfile"
  objectVersion: 01234567-89ab-cdef-0123-456789abcdef
`,
];
