/** Commands that only have subcommands. */
import type { Topic } from './help.ts';

export const topics: Readonly<Record<string, Topic>> = {
  acl: {
    usage: 'acl <subcommand> [options] [args]',
    summary: 'Interact with ACLs',
    description:
      'This command has subcommands for deciding who may do what: tokens, and the policies and roles they link to.\n\nSee "tc acl <subcommand> -h" for the options of each.',
    examples: [
      ['acl bootstrap', 'The first token of a cluster:'],
      ['acl token read -self', 'What the token in use may do:'],
    ],
  },
  'acl auth-method': {
    usage: 'acl auth-method <subcommand> [options] [args]',
    summary: "Manage Consul's ACL auth methods",
    description:
      'Auth methods are whom else\'s word is taken for who somebody is.\n\nSee "tc acl auth-method <subcommand> -h" for the options of each.',
    examples: [['acl auth-method list', 'Whose word is taken:']],
  },
  'acl binding-rule': {
    usage: 'acl binding-rule <subcommand> [options] [args]',
    summary: "Manage Consul's ACL binding rules",
    description:
      'Binding rules say what those may do who log in by an auth method.\n\nSee "tc acl binding-rule <subcommand> -h" for the options of each.',
    examples: [['acl binding-rule list', 'What they may do:']],
  },
  'acl policy': {
    usage: 'acl policy <subcommand> [options] [args]',
    summary: "Manage Consul's ACL policies",
    description:
      'Policies are sets of rules under a name.\n\nSee "tc acl policy <subcommand> -h" for the options of each.',
    examples: [['acl policy create -name=web-read -rules=\'service "web" { policy = "read" }\'', 'A set of rules:']],
  },
  'acl role': {
    usage: 'acl role <subcommand> [options] [args]',
    summary: "Manage Consul's ACL roles",
    description:
      'Roles are policies and identities under one name.\n\nSee "tc acl role <subcommand> -h" for the options of each.',
    examples: [['acl role create -name=deploy -policy-name=web-read', 'Policies under one name:']],
  },
  'acl token': {
    usage: 'acl token <subcommand> [options] [args]',
    summary: "Manage Consul's ACL tokens",
    description:
      'Tokens are secrets, and what whoever holds them may do.\n\nSee "tc acl token <subcommand> -h" for the options of each.',
    examples: [
      ["acl token create -description='of the web hosts' -policy-name=web-read", 'A secret for somebody:'],
      ['acl token list', 'Who has one:'],
    ],
  },
  kv: {
    usage: 'kv <subcommand> [options] [args]',
    summary: 'Interact with the key-value store',
    description:
      'This command has subcommands for reading and writing the key-value store.\n\nSee "tc kv <subcommand> -h" for the options of each.',
    examples: [
      ['kv put redis/config/connections 5', 'Write a value:'],
      ['kv get -recurse redis/', 'Read a whole tree:'],
      ['kv delete redis/config/connections', 'Remove a key:'],
    ],
  },
  catalog: {
    usage: 'catalog <subcommand> [options] [args]',
    summary: 'Interact with the catalog',
    description:
      'This command has subcommands for listing what the catalog holds: datacenters, nodes and services.\n\nSee "tc catalog <subcommand> -h" for the options of each.',
    examples: [
      ['catalog nodes', 'All nodes:'],
      ['catalog services -tags', 'All services with their tags:'],
    ],
  },
  config: {
    usage: 'config <subcommand> [options] [args]',
    summary: 'Interact with the centralized configurations',
    description:
      'This command has subcommands for the configuration of services, proxies and gateways that the servers keep.\n\nSee "tc config <subcommand> -h" for the options of each.',
    examples: [
      ['config write web.hcl', 'Write an entry:'],
      ['config read -kind service-defaults -name web', 'Read it again:'],
    ],
  },
  connect: {
    usage: 'connect <subcommand> [options] [args]',
    summary: 'Interact with the service mesh',
    description:
      'This command has subcommands for the mesh: its certificate authority, and the proxies through which services talk.\n\nSee "tc connect <subcommand> -h" for the options of each.',
    examples: [
      ['connect ca get-config', 'How certificates are issued:'],
      ['connect proxy -sidecar-for web', 'The proxy of a service:'],
    ],
  },
  'connect ca': {
    usage: 'connect ca <subcommand> [options] [args]',
    summary: 'Interact with the certificate authority of the mesh',
    description:
      'This command has subcommands for how the certificates of the mesh are issued.\n\nSee "tc connect ca <subcommand> -h" for the options of each.',
    examples: [['connect ca set-config -config-file ca.json', 'Issue them otherwise:']],
  },
  intention: {
    usage: 'intention <subcommand> [options] [args]',
    summary: 'Interact with intentions of the service mesh',
    description:
      'This command has subcommands for saying which services may talk to each other.\n\nSee "tc intention <subcommand> -h" for the options of each.',
    examples: [
      ['intention create web db', 'web may talk to db:'],
      ['intention check web db', 'May it?'],
    ],
  },
  services: {
    usage: 'services <subcommand> [options] [args]',
    summary: 'Interact with services',
    description:
      'This command has subcommands for registering services with the local agent and taking them off it.\n\nSee "tc services <subcommand> -h" for the options of each.',
    examples: [
      ['services register -name=web -port=8080', 'A service of this agent:'],
      ['services deregister -id=web', 'Take it off again:'],
    ],
  },
  snapshot: {
    usage: 'snapshot <subcommand> [options] [args]',
    summary: "Saves, restores and inspects snapshots of the servers' state",
    description:
      'This command has subcommands for saving, restoring and inspecting the state of the servers: keys, services, sessions, access rules and the rest, as one file that holds together.\n\nSee "tc snapshot <subcommand> -h" for the options of each.',
    examples: [
      ['snapshot save backup.snap', 'A backup:'],
      ['snapshot inspect backup.snap', 'What is in it:'],
    ],
  },
  operator: {
    usage: 'operator <subcommand> [options]',
    summary: 'Provides cluster-level tools for operators',
    description:
      'Tools for operators of a cluster, to see and mend the group of servers.\n\nSee "tc operator <subcommand> -h" for more.',
    examples: [['operator raft list-peers', 'Who votes, and who leads:']],
  },
  'operator raft': {
    usage: 'operator raft <subcommand> [options]',
    summary: 'Provides cluster-level tools for operators of the raft group',
    description: 'Shows and changes the raft group of the servers.\n\nSee "tc operator raft <subcommand> -h" for more.',
    examples: [['operator raft list-peers', 'Who votes, and who leads:']],
  },
  'operator autopilot': {
    usage: 'operator autopilot <subcommand> [options]',
    summary: 'Provides tools for modifying Autopilot configuration',
    description:
      'Shows and changes the rules by which the servers look after themselves.\n\nSee "tc operator autopilot <subcommand> -h" for more.',
    examples: [['operator autopilot state', 'How the servers are:']],
  },
  tls: {
    usage: 'tls <subcommand> <subcommand> [options]',
    summary: 'Builtin helpers for creating CAs and certificates',
    description:
      'This command has subcommands for making the certificates with which agents know each other and encrypt what they say.\n\nSee "tc tls <subcommand> -h" for more.',
    examples: [
      ['tls ca create', 'A CA for the agents:'],
      ['tls cert create -server', 'A certificate of a server:'],
    ],
  },
  'tls ca': {
    usage: 'tls ca <subcommand> [options] filename-prefix',
    summary: 'Helpers for CAs',
    description:
      'Makes the authority that signs the certificates of the agents.\n\nSee "tc tls ca <subcommand> -h" for more.',
    examples: [['tls ca create -days=3650', 'A CA for the agents:']],
  },
  'tls cert': {
    usage: 'tls cert <subcommand> [options] [filename-prefix]',
    summary: 'Helpers for certificates',
    description: 'Makes certificates for servers, clients and commands.\n\nSee "tc tls cert <subcommand> -h" for more.',
    examples: [
      ['tls cert create -server -dc=dc1', 'Of a server:'],
      ['tls cert create -cli', 'Of the command line:'],
    ],
  },
  dev: {
    usage: 'dev <subcommand> [options]',
    summary: 'Things to try and learn with',
    description:
      'Whole clusters on this machine, to learn with and to test against.\n\nSee "tc dev <subcommand> -h" for more.',
    examples: [['dev cluster', 'Three servers on this machine:']],
  },
};
