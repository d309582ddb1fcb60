/** Commands that only have subcommands, and the commands of Consul that are not there yet. */
import type { Topic } from './help.ts';

export const topics: Readonly<Record<string, Topic>> = {
  acl: {
    usage: 'acl <subcommand> [options] [args]',
    summary: 'Interact with ACLs',
    description:
      'This command has subcommands for deciding who may do what: tokens, and the policies and roles they link to.\n\nSee "tc acl <subcommand> -h" for the options of each.',
  },
  'acl auth-method': {
    usage: 'acl auth-method <subcommand> [options] [args]',
    summary: "Manage Consul's ACL auth methods",
    description:
      'Auth methods are whom else\'s word is taken for who somebody is.\n\nSee "tc acl auth-method <subcommand> -h" for the options of each.',
  },
  'acl binding-rule': {
    usage: 'acl binding-rule <subcommand> [options] [args]',
    summary: "Manage Consul's ACL binding rules",
    description:
      'Binding rules say what those may do who log in by an auth method.\n\nSee "tc acl binding-rule <subcommand> -h" for the options of each.',
  },
  'acl policy': {
    usage: 'acl policy <subcommand> [options] [args]',
    summary: "Manage Consul's ACL policies",
    description:
      'Policies are sets of rules under a name.\n\nSee "tc acl policy <subcommand> -h" for the options of each.',
  },
  'acl role': {
    usage: 'acl role <subcommand> [options] [args]',
    summary: "Manage Consul's ACL roles",
    description:
      'Roles are policies and identities under one name.\n\nSee "tc acl role <subcommand> -h" for the options of each.',
  },
  'acl token': {
    usage: 'acl token <subcommand> [options] [args]',
    summary: "Manage Consul's ACL tokens",
    description:
      'Tokens are secrets, and what whoever holds them may do.\n\nSee "tc acl token <subcommand> -h" for the options of each.',
  },
  kv: {
    usage: 'kv <subcommand> [options] [args]',
    summary: 'Interact with the key-value store',
    description:
      'This command has subcommands for reading and writing the key-value store.\n\nSee "tc kv <subcommand> -h" for the options of each.',
  },
  catalog: {
    usage: 'catalog <subcommand> [options] [args]',
    summary: 'Interact with the catalog',
    description:
      'This command has subcommands for listing what the catalog holds: datacenters, nodes and services.\n\nSee "tc catalog <subcommand> -h" for the options of each.',
  },
  config: {
    usage: 'config <subcommand> [options] [args]',
    summary: 'Interact with the centralized configurations',
    description:
      'This command has subcommands for the configuration of services, proxies and gateways that the servers keep.\n\nSee "tc config <subcommand> -h" for the options of each.',
  },
  intention: {
    usage: 'intention <subcommand> [options] [args]',
    summary: 'Interact with intentions of the service mesh',
    description:
      'This command has subcommands for saying which services may talk to each other.\n\nSee "tc intention <subcommand> -h" for the options of each.',
  },
  services: {
    usage: 'services <subcommand> [options] [args]',
    summary: 'Interact with services',
    description:
      'This command has subcommands for registering services with the local agent and taking them off it.\n\nSee "tc services <subcommand> -h" for the options of each.',
  },
  snapshot: {
    usage: 'snapshot <subcommand> [options] [args]',
    summary: "Saves, restores and inspects snapshots of the servers' state",
    description:
      'This command has subcommands for saving, restoring and inspecting the state of the servers: keys, services, sessions, access rules and the rest, as one file that holds together.\n\nSee "tc snapshot <subcommand> -h" for the options of each.',
  },
  operator: {
    usage: 'operator <subcommand> [options]',
    summary: 'Provides cluster-level tools for operators',
    description:
      'Tools for operators of a cluster, to see and mend the group of servers.\n\nSee "tc operator <subcommand> -h" for more.',
  },
  'operator raft': {
    usage: 'operator raft <subcommand> [options]',
    summary: 'Provides cluster-level tools for operators of the raft group',
    description: 'Shows and changes the raft group of the servers.\n\nSee "tc operator raft <subcommand> -h" for more.',
  },
  'operator autopilot': {
    usage: 'operator autopilot <subcommand> [options]',
    summary: 'Provides tools for modifying Autopilot configuration',
    description:
      'Shows and changes the rules by which the servers look after themselves.\n\nSee "tc operator autopilot <subcommand> -h" for more.',
  },
  tls: {
    usage: 'tls <subcommand> <subcommand> [options]',
    summary: 'Builtin helpers for creating CAs and certificates',
    description:
      'This command has subcommands for making the certificates with which agents know each other and encrypt what they say.\n\nSee "tc tls <subcommand> -h" for more.',
  },
  'tls ca': {
    usage: 'tls ca <subcommand> [options] filename-prefix',
    summary: 'Helpers for CAs',
    description:
      'Makes the authority that signs the certificates of the agents.\n\nSee "tc tls ca <subcommand> -h" for more.',
  },
  'tls cert': {
    usage: 'tls cert <subcommand> [options] [filename-prefix]',
    summary: 'Helpers for certificates',
    description: 'Makes certificates for servers, clients and commands.\n\nSee "tc tls cert <subcommand> -h" for more.',
  },
  dev: {
    usage: 'dev <subcommand> [options]',
    summary: 'Things to try and learn with',
    description:
      'Whole clusters on this machine, to learn with and to test against.\n\nSee "tc dev <subcommand> -h" for more.',
  },
};

/** Known by name, so that nobody takes them for a typing error; they answer "not supported yet". */
export const notYet: Readonly<Record<string, string>> = {
  connect: 'Interact with the service mesh',
};
