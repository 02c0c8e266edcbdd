#if canImport(Glibc)
    import Glibc
#endif

extension RepositoryEnvironment {
    /// `path` with `~/`, `~user/` or `%(prefix)/` at its beginning replaced; nil when there is no such home.
    ///
    /// With `realHome`, `~/` becomes the real path of the home directory. Answers to git's `interpolate_path`.
    func expandUser(_ path: [UInt8], realHome: Bool = false) -> [UInt8]? {
        if PathBytes.hasPrefix(path, "%(prefix)/") {
            return PathBytes.join(pathBytes(installationPrefix), Array(path.dropFirst(10)))
        }
        guard path.first == UInt8(ascii: "~") else { return path }
        let slash = path.firstIndex(of: PathBytes.slash) ?? path.count
        let home: [UInt8]
        if slash == 1 {
            guard let value = value("HOME") else { return nil }
            home = realHome ? ((try? PathBytes.realPath(value, from: currentDirectory)) ?? value) : value
        } else {
            guard let account = Account(name: Array(path[1..<slash])) else { return nil }
            home = account.home
        }
        return home + path[slash...]
    }
}

/// What the user database says of a user.
struct Account {
    let name: [UInt8]
    let fullName: [UInt8]
    let home: [UInt8]

    /// The user called `name`, or nil.
    init?(name: [UInt8]) {
        guard !name.contains(0) else { return nil }
        let name = name + [0]
        unsafe self.init { entry, buffer, count, found in
            unsafe name.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return ENOENT }
                return unsafe getpwnam_r(base.assumingMemoryBound(to: CChar.self), entry, buffer, count, found)
            }
        }
    }

    /// The user with this number, or nil.
    init?(number: UInt32) {
        unsafe self.init { entry, buffer, count, found in unsafe getpwuid_r(number, entry, buffer, count, found) }
    }

    private typealias Lookup = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private init?(_ lookUp: Lookup) {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var count = 1024
        while count <= 1 << 20 {
            var buffer = [CChar](repeating: 0, count: count)
            let size = count
            var code: Int32 = 0
            let fields: [[UInt8]]? = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return nil }
                code = unsafe lookUp(&entry, base, size, &found)
                guard code == 0, unsafe found != nil else { return nil }
                func bytes(_ text: UnsafeMutablePointer<CChar>?) -> [UInt8] {
                    guard let text = unsafe text else { return [] }
                    return unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
                }
                return unsafe [bytes(entry.pw_name), bytes(entry.pw_gecos), bytes(entry.pw_dir)]
            }
            if let fields {
                (name, fullName, home) = (fields[0], fields[1], fields[2])
                return
            }
            guard code == ERANGE else { return nil }
            count *= 4
        }
        return nil
    }
}
