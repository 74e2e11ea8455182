INSERT INTO pay.tax_rate(env, id, doc, created_at) VALUES
  (1, 'txr_1', '{"state": null, "active": true, "country": null, "metadata": {}, "tax_type": null, "inclusive": false,
    "rate_type": "percentage", "percentage": 20.0, "description": null, "display_name": "VAT", "jurisdiction":
    null, "percentage_text": "20"}', now());
