import StrataModel

/// The rules for the names of configuration variables.
enum ConfigKey {
    /// `key` with its section and variable name in lower case, or git's refusal.
    static func canonical(_ key: some Collection<UInt8>) throws(ConfigKeyError) -> [UInt8] {
        var key = Array(key)
        guard let lastDot = key.lastIndex(of: UInt8(ascii: ".")), lastDot > 0 else {
            throw ConfigKeyError("key does not contain a section: \(key)")
        }
        guard lastDot + 1 < key.count else {
            throw ConfigKeyError("key does not contain variable name: \(key)")
        }
        let firstDot = key.firstIndex(of: UInt8(ascii: ".")) ?? lastDot
        for i in key.indices where i != lastDot {
            let c = key[i]
            if i < firstDot || i > lastDot {
                guard ConfigParser.isKeyByte(c), i != lastDot + 1 || isLetter(c) else {
                    throw ConfigKeyError("invalid key: \(key)")
                }
                key[i] = lowercased(c)
            } else if c == 0x0a {
                throw ConfigKeyError("invalid key (newline): \(key)")
            }
        }
        return key
    }
}

/// What is wrong with a key.
struct ConfigKeyError: Error {
    let message: GitMessage
    init(_ message: GitMessage) { self.message = message }
}
