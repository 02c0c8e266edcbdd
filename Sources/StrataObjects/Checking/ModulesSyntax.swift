import StrataModel

extension ObjectSyntax {
    /// Checks the contents of a blob that a tree has as `.gitmodules`: what it says of submodules must not lead a clone astray. Git's functions:
    /// `fsck_gitmodules_fn`, `check_submodule_name`, `check_submodule_url`.
    ///
    /// - Parameter bytes: nil = too many to be looked at, which is an error.
    public static func modules(_ bytes: [UInt8]?, rules: ObjectRules = ObjectRules()) -> ObjectReport {
        var report = ObjectReport()
        guard let bytes else {
            report.add(.gitmodulesLarge, ".gitmodules too large to parse", rules)
            return report
        }
        var parser = ConfigParser(bytes)
        while true {
            switch parser.next() {
            case .end: return report
            case .malformed:
                report.add(.gitmodulesParse, "could not parse gitmodules blob", rules)
                return report
            case .variable: module(parser.key, parser.hasValue ? parser.value : nil, rules, &report)
            }
        }
    }

    /// Checks one variable, `submodule.<name>.<key>`; others are passed over.
    private static func module(
        _ variable: [UInt8], _ value: [UInt8]?, _ rules: ObjectRules, _ report: inout ObjectReport
    ) {
        let prefix = Array("submodule.".utf8)
        guard variable.starts(with: prefix), let dot = variable.lastIndex(of: UInt8(ascii: ".")), dot >= prefix.count
        else { return }
        let name = Array(variable[prefix.count..<dot])
        if !isHarmless(name: name[...]) {
            report.add(.gitmodulesName, Array("disallowed submodule name: ".utf8) + name, rules)
        }
        guard let value else { return }
        switch String(decoding: variable[(dot + 1)...], as: UTF8.self) {
        case "url" where !ModuleURL.isHarmless(value):
            report.add(.gitmodulesUrl, Array("disallowed submodule url: ".utf8) + value, rules)
        case "path" where value.first == UInt8(ascii: "-"):
            report.add(.gitmodulesPath, Array("disallowed submodule path: ".utf8) + value, rules)
        case "update" where value.first == UInt8(ascii: "!"):
            report.add(.gitmodulesUpdate, Array("disallowed submodule update setting: ".utf8) + value, rules)
        default: break
        }
    }

    /// Whether a submodule's name, which becomes a path, is not empty and does not lead upwards.
    private static func isHarmless(name: ArraySlice<UInt8>) -> Bool {
        if name.isEmpty { return false }
        return name.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
            .allSatisfy { !$0.elementsEqual("..".utf8) }
    }

    /// Checks the contents of a blob that a tree has as `.gitattributes`.
    ///
    /// - Parameter bytes: nil = too many to be looked at, which is an error.
    public static func attributes(_ bytes: [UInt8]?, rules: ObjectRules = ObjectRules()) -> ObjectReport {
        var report = ObjectReport()
        guard let bytes, bytes.count <= 100 << 20 else {
            report.add(.gitattributesLarge, ".gitattributes too large to parse", rules)
            return report
        }
        let lines = bytes.prefix { $0 != 0 }.split(separator: 0x0a, omittingEmptySubsequences: true)
        if lines.contains(where: { $0.count >= 2048 }) {
            report.add(.gitattributesLineLength, ".gitattributes has too long lines to parse", rules)
        }
        return report
    }
}
