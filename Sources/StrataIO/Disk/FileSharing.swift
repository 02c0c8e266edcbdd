public import SystemPackage

/// The permissions of new files beyond the umask: git's `core.sharedRepository`.
public enum FileSharing: Sendable, Hashable {
    /// 0666 or 0777, less the umask.
    case umask
    /// These bits are added whatever the umask: `group` adds 0660, `all` adds 0664.
    case adding(FilePermissions)
    /// These bits replace the permissions: a number in the configuration.
    case exactly(FilePermissions)

    /// The mode that a file or directory made with `mode` is to have, or nil when that is `mode` itself. As git has it,
    /// read permission brings search permission where the owner may execute, and shared directories are set-group-id.
    /// Git's function: `adjust_shared_perm`.
    public func adjusted(_ mode: FilePermissions, isDirectory: Bool) -> FilePermissions? {
        var shared: UInt32
        var result = UInt32(mode.rawValue)
        switch self {
        case .umask: return nil
        case .adding(let bits), .exactly(let bits): shared = UInt32(bits.rawValue) & 0o777
        }
        if result & 0o200 == 0 { shared &= ~0o222 }
        if result & 0o100 != 0 { shared |= (shared & 0o444) >> 2 }
        if case .exactly = self { result &= ~0o777 }
        result |= shared
        if isDirectory {
            result |= (result & 0o444) >> 2
            if shared & 0o060 != 0 { result |= 0o2000 }
        }
        return result == mode.rawValue ? nil : FilePermissions(rawValue: result)
    }
}
