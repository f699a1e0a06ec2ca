package org.example.tables;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads separated values, with quotes, one record at a time.
 */
public class CsvReader implements Closeable {
    public static final char DEFAULT_SEPARATOR = ',';
    private static final char QUOTE = '"';

    private final BufferedReader input;
    private final char separator;
    private Map<String, Integer> header = Collections.emptyMap();
    private int lineNumber;

    public CsvReader(Reader input) {
        this(input, DEFAULT_SEPARATOR);
    }

    public CsvReader(Reader input, char separator) {
        this.input = new BufferedReader(input);
        this.separator = separator;
    }

    public List<String> readHeader() throws IOException {
        List<String> names = readFields();
        if (names == null) {
            throw new MalformedCsvException(lineNumber, "the file is empty");
        }
        Map<String, Integer> positions = new HashMap<>();
        for (int index = 0; index < names.size(); index++) {
            if (positions.put(names.get(index).trim(), index) != null) {
                throw new MalformedCsvException(lineNumber, "the column " + names.get(index) + " is there twice");
            }
        }
        header = positions;
        return names;
    }

    public Row nextRow() throws IOException {
        List<String> fields = readFields();
        return fields == null ? null : new Row(fields, lineNumber);
    }

    private List<String> readFields() throws IOException {
        String line = input.readLine();
        if (line == null) {
            return null;
        }
        lineNumber++;
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        int position = 0;
        while (true) {
            if (position == line.length()) {
                if (!quoted) {
                    break;
                }
                // A quoted field goes on in the next line.
                String more = input.readLine();
                if (more == null) {
                    throw new MalformedCsvException(lineNumber, "a quote is never closed");
                }
                lineNumber++;
                field.append('\n');
                line = more;
                position = 0;
                continue;
            }
            char sign = line.charAt(position++);
            if (quoted && sign == QUOTE && position < line.length() && line.charAt(position) == QUOTE) {
                field.append(QUOTE);
                position++;
            } else if (sign == QUOTE) {
                quoted = !quoted;
            } else if (sign == separator && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(sign);
            }
        }
        fields.add(field.toString());
        return fields;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }

    public final class Row {
        private final List<String> fields;
        private final int line;

        private Row(List<String> fields, int line) {
            this.fields = fields;
            this.line = line;
        }

        public String text(String column) {
            Integer index = header.get(column);
            if (index == null || index >= fields.size()) {
                throw new MalformedCsvException(line, "no column " + column);
            }
            return fields.get(index);
        }

        public long number(String column) {
            try {
                return Long.parseLong(text(column).trim());
            } catch (NumberFormatException reason) {
                throw new MalformedCsvException(line, column + " is no number");
            }
        }

        public boolean isBlank() {
            return fields.stream().allMatch(String::isBlank);
        }
    }

    public static class MalformedCsvException extends RuntimeException {
        public MalformedCsvException(int line, String message) {
            super("line " + line + ": " + message);
        }
    }
}
