import Glibc
import StrataIO
import StrataRefs
import SystemPackage

/// Texts that users and scripts know from git.
enum LooseMessages {
    /// What git says when a lock is not to be had. Git's function: `unable_to_lock_message`.
    static func busy(_ path: FilePath, _ error: LockError) -> String {
        let first = "Unable to create '\(absolute(path)).lock': File exists.\n\n"
        if case .busy(_, .strata(let owner)) = error, owner.pid > 0 {
            return first + "It is held by process \(owner.pid)\(owner.host.isEmpty ? "" : " on \(owner.host)")."
        }
        guard case .busy(_, .other(let pid?)) = error else {
            return first + "Another git process seems to be running in this repository, or the lock file may be stale"
        }
        if kill(pid, 0) == 0 || errno == EPERM {
            return first
                + "Lock may be held by process \(pid); if no git process is running, the lock file may be stale "
                + "(PIDs can be reused)"
        }
        return first + "Lock was held by process \(pid), which is no longer running; the lock file appears to be stale"
    }

    /// The path as messages show it: whole.
    static func absolute(_ path: FilePath) -> String { path.fromRoot.string }
}
