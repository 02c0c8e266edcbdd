/// Strings as literals of other languages: `for-each-ref --shell`, `--perl`, `--python`, `--tcl`.
/// Git's functions: `sq_quote_buf`, `perl_quote_buf`, `python_quote_buf`, `tcl_quote_buf`.
enum LanguageQuoting: Sendable, CaseIterable {
    case shell
    case perl
    case python
    case tcl

    /// Appends `value` as a literal. Text ends at a NUL, which no name contains.
    func append(_ value: some Collection<UInt8>, to output: inout Bytes) {
        let quote = self == .tcl ? UInt8(ascii: "\"") : UInt8(ascii: "'")
        output.append(quote)
        for byte in value {
            switch self {
            case .shell: Self.appendShell(byte, to: &output)
            case .perl: Self.appendPerl(byte, to: &output)
            case .python where byte == 0x0a: output.append(contentsOf: "\\n".utf8)
            case .python: Self.appendPerl(byte, to: &output)
            case .tcl: Self.appendTcl(byte, to: &output)
            }
        }
        output.append(quote)
    }

    /// Inside single quotes nothing can be escaped: close, escape, open again. `!` too, for csh.
    private static func appendShell(_ byte: UInt8, to output: inout Bytes) {
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "!") {
            output.append(contentsOf: [UInt8(ascii: "'"), UInt8(ascii: "\\"), byte, UInt8(ascii: "'")])
        } else {
            output.append(byte)
        }
    }

    private static func appendPerl(_ byte: UInt8, to output: inout Bytes) {
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") { output.append(UInt8(ascii: "\\")) }
        output.append(byte)
    }

    private static func appendTcl(_ byte: UInt8, to output: inout Bytes) {
        switch byte {
        case 0x0c: output.append(contentsOf: "\\f".utf8)
        case 0x0d: output.append(contentsOf: "\\r".utf8)
        case 0x0a: output.append(contentsOf: "\\n".utf8)
        case 0x09: output.append(contentsOf: "\\t".utf8)
        case 0x0b: output.append(contentsOf: "\\v".utf8)
        default:
            if "[]{}$\\\"".utf8.contains(byte) { output.append(UInt8(ascii: "\\")) }
            output.append(byte)
        }
    }
}
