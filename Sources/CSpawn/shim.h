#ifndef PLANTWRIGHT_CSpawn_SHIM_H
#define PLANTWRIGHT_CSpawn_SHIM_H

#include <spawn.h>

// glibc declares these for _GNU_SOURCE only, which Swift's view of the C library does not set.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// Start the child in a session of its own, away from the terminal's signals (glibc's POSIX_SPAWN_SETSID).
static const short plantwright_spawn_setsid = 0x80;

#endif
